"""What a person looks at: reports, a page in the browser, the doctor."""
