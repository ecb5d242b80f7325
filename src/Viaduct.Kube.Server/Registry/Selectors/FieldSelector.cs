using System.Text;
using System.Text.Json;

namespace Viaduct.Kube.Server.Registry.Selectors;

/// <summary>A field selector in its string form: <c>spec.nodeName=n1,status.phase!=Failed</c> (apimachinery pkg/fields).</summary>
internal sealed class FieldSelector
{
    private readonly List<Func<JsonElement, bool>> _terms = [];

    public bool IsEmpty => _terms.Count == 0;

    /// <summary>Parses for one kind; a label that the kind does not have is refused.</summary>
    public static FieldSelector Parse(string? text, ResourceStrategy strategy)
    {
        var selector = new FieldSelector();
        foreach (var term in Split(text ?? ""))
            selector._terms.Add(ParseTerm(term, strategy));
        return selector;
    }

    public bool Matches(JsonElement value) => _terms.TrueForAll(t => t(value));

    private static Func<JsonElement, bool> ParseTerm(string term, ResourceStrategy strategy)
    {
        var at = term.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0)
            throw StatusErrors.BadRequest($"unable to parse the field selector \"{term}\": a term has the form field=value or field!=value");
        var isNegated = term[at - 1] == '!';
        var label = term[..(isNegated ? at - 1 : at)].Trim();
        var rest = term[(at + 1)..];
        var expected = Unescape(!isNegated && rest.StartsWith('=') ? rest[1..] : rest);
        var field = Field(label, strategy) ?? throw StatusErrors.BadRequest($"field label not supported: {label}");
        return value => field(value) == expected != isNegated;
    }

    private static Func<JsonElement, string>? Field(string label, ResourceStrategy strategy) => label switch
    {
        "metadata.name" => value => value.TextAt("metadata", "name") ?? "",
        "metadata.namespace" when strategy.Resource.Namespaced => value => value.TextAt("metadata", "namespace") ?? "",
        _ => strategy.FieldSelector(label),
    };

    /// <summary>At the commas; a backslash takes the next character as it is.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '\\')
                i++;
            else if (i == text.Length || text[i] == ',')
            {
                if (text[start..i].Trim() is { Length: > 0 } term)
                    yield return term;
                start = i + 1;
            }
        }
    }

    private static string Unescape(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
                i++;
            result.Append(text[i]);
        }
        return result.ToString();
    }
}
