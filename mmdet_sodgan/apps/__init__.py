"""What a person looks at: projects, reports, a page, the doctor."""
