using System.Text.Json;

namespace Viaduct.Kube.Server.Printing;

/// <summary>Lists as they stand in a cell.</summary>
internal static class Lists
{
    public const string None = "<none>";

    public static string Join(IEnumerable<string> texts)
    {
        var joined = string.Join(",", texts);
        return joined.Length == 0 ? None : joined;
    }

    /// <summary>The first few, and how many more there are.</summary>
    public static string JoinSome(IReadOnlyList<string> texts, int most)
    {
        if (texts.Count <= most)
            return Join(texts);
        return $"{string.Join(",", texts.Take(most))} + {texts.Count - most} more...";
    }

    public static string Labels(IEnumerable<KeyValuePair<string, string>> labels) =>
        Join(labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));

    /// <summary>A selector in the form that <c>kubectl -l</c> takes.</summary>
    public static string Selector(JsonElement selector)
    {
        var terms = selector.EntriesAt("matchLabels").Select(l => $"{l.Key}={l.Value}")
            .Concat(selector.ItemsAt("matchExpressions").Select(Requirement));
        return Join(terms.Order(StringComparer.Ordinal));
    }

    private static string Requirement(JsonElement requirement)
    {
        var key = requirement.TextAt("key");
        var values = string.Join(",", requirement.ItemsAt("values").Select(v => v.GetString()).Order(StringComparer.Ordinal));
        return requirement.TextAt("operator") switch
        {
            "In" => $"{key} in ({values})",
            "NotIn" => $"{key} notin ({values})",
            "DoesNotExist" => $"!{key}",
            _ => key ?? "",
        };
    }
}
