from mmdet_sodgan.datasets.annotation_fields import find_field_problems


def test_bound_of_an_id_is_named_with_its_reason():
    def find(number):
        return list(find_field_problems('categories', 0, dict(id=number, name='a')))

    assert find(2**53 - 1) == []
    (problem,) = find(2**60 + 1)
    assert 'not an integer below 2^53, above which scores would' in problem.text
