namespace Viaduct.Kube.Selectors;

/// <summary>Cuts the string form of a label selector into words and operators.</summary>
internal sealed class LabelLexer
{
    private const string Special = "=!(),<>";
    private readonly List<string> _tokens = [];
    private readonly string _text;
    private int _next;

    public LabelLexer(string text)
    {
        _text = text;
        for (var i = 0; i < text.Length;)
        {
            var length = char.IsWhiteSpace(text[i]) ? 0 : TokenLength(text, i);
            if (length > 0)
                _tokens.Add(text.Substring(i, length));
            i += Math.Max(length, 1);
        }
    }

    /// <summary>The next token, or null at the end.</summary>
    public string? Peek => _next < _tokens.Count ? _tokens[_next] : null;

    public string Next() => _tokens[_next++];

    public void Expect(string token)
    {
        if (Peek != token)
            throw Unexpected($"\"{token}\"");
        _next++;
    }

    public string Word(string what) => IsWord(Peek) ? Next() : throw Unexpected(what);

    /// <summary>A value may be empty: <c>a=</c>, <c>a in (,b)</c>.</summary>
    public string OptionalWord() => IsWord(Peek) ? Next() : "";

    public FormatException Unexpected(string wanted) =>
        new($"unable to parse requirement: found {(Peek is { } found ? $"\"{found}\"" : "the end")}, expected {wanted} in \"{_text}\"");

    private static bool IsWord(string? token) => token is not null && !Special.Contains(token[0]);

    private static int TokenLength(string text, int at)
    {
        if (text[at] is '=' or '!' && at + 1 < text.Length && text[at + 1] == '=')
            return 2;
        if (Special.Contains(text[at]))
            return 1;
        var end = at;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && !Special.Contains(text[end]))
            end++;
        return end - at;
    }
}
