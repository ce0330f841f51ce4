from mmdet_sodgan.apps.project.config_text import Name, assign, comment


def test_short_dict_is_one_line_and_a_long_one_has_a_line_for_each_key():
    assert assign('a', dict(b=1, c=Name('d'))) == 'a = dict(b=1, c=d)'
    text = assign('a', dict(b=dict(c='x' * 40, d='y' * 40), e=1))
    assert text == (
        f"a = dict(\n    b=dict(\n        c='{'x' * 40}',\n        d='{'y' * 40}',\n"
        '    ),\n    e=1,\n)'
    )


def test_names_are_packed_into_lines_and_keep_their_spaces():
    names = tuple(f'class number {i}' for i in range(80))
    text = assign('classes', names)
    found = {}
    exec(text, found)
    assert found['classes'] == names
    assert max(map(len, text.splitlines())) <= 88
    assert assign('classes', ('nut',)) == "classes = ('nut',)"


def test_long_comment_is_wrapped():
    lines = comment('word ' * 40).splitlines()
    assert len(lines) > 1
    assert all(line.startswith('# word') and len(line) <= 88 for line in lines)
