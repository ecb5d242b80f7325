using System.Text.Json;
using Viaduct.Kube.Api;

namespace Viaduct.Kube.Server.Registry.Selectors;

/// <summary>A label selector in its string form: <c>app=web,tier!=db,env in (a,b),!legacy</c> (apimachinery pkg/labels).</summary>
internal sealed class LabelSelector
{
    private readonly List<Func<JsonElement, bool>> _terms = [];

    public bool IsEmpty => _terms.Count == 0;

    public static LabelSelector Parse(string? text)
    {
        var selector = new LabelSelector();
        foreach (var term in Split(text ?? ""))
            selector._terms.Add(ParseTerm(term));
        return selector;
    }

    public bool Matches(JsonElement value)
    {
        if (_terms.Count == 0)
            return true;
        var labels = value.At("metadata", "labels");
        return _terms.TrueForAll(t => t(labels));
    }

    private static Func<JsonElement, bool> ParseTerm(string term)
    {
        if (term[0] == '!')
        {
            var absent = Key(term[1..], term);
            return labels => labels.TextAt(absent) is null;
        }
        if (term[^1] == ')')
            return ParseSet(term);
        var at = term.IndexOfAny(['=', '!', '<', '>']);
        if (at < 0)
        {
            var present = Key(term, term);
            return labels => labels.TextAt(present) is not null;
        }
        var (key, rest) = (Key(term[..at], term), term[at..]);
        if (rest.StartsWith("!=", StringComparison.Ordinal))
        {
            var other = Value(rest[2..], term);
            return labels => labels.TextAt(key) != other;
        }
        if (rest[0] != '=')
            throw Malformed(term, "the operators are =, ==, !=, in, notin, and the name alone");
        var value = Value(rest.TrimStart('='), term);
        return labels => labels.TextAt(key) == value;
    }

    private static Func<JsonElement, bool> ParseSet(string term)
    {
        var open = term.IndexOf('(', StringComparison.Ordinal);
        var words = open < 0 ? [] : term[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 2 || words[1] is not ("in" or "notin"))
            throw Malformed(term, "a set has the form: key in (a,b) or key notin (a,b)");
        var key = Key(words[0], term);
        var values = term[(open + 1)..^1].Split(',').Select(v => Value(v, term)).ToHashSet(StringComparer.Ordinal);
        return words[1] == "in"
            ? labels => labels.TextAt(key) is { } value && values.Contains(value)
            : labels => labels.TextAt(key) is not { } value || !values.Contains(value);
    }

    private static string Key(string text, string term) =>
        Names.KeyProblem(text.Trim()) is { } problem ? throw Malformed(term, problem) : text.Trim();

    private static string Value(string text, string term) =>
        Names.LabelValueProblem(text.Trim()) is { } problem ? throw Malformed(term, problem) : text.Trim();

    /// <summary>At the commas outside of parentheses.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        var depth = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] != ',')
            {
                depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
                continue;
            }
            if (i < text.Length && depth > 0)
                continue;
            var term = text[start..i].Trim();
            start = i + 1;
            if (term.Length > 0)
                yield return term;
        }
    }

    private static KubeApiException Malformed(string term, string why) => StatusErrors.BadRequest($"unable to parse the label selector \"{term}\": {why}");
}
