using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Selectors;

/// <summary>Matches the typed selectors of API objects.</summary>
public static class LabelSelectors
{
    /// <summary>As the API means it: no selector selects nothing, an empty one everything.</summary>
    public static bool Matches(LabelSelector? selector, IReadOnlyDictionary<string, string>? labels) =>
        selector is not null && ToQuery(selector).Matches(labels);

    /// <summary>Matches a plain map, as Services and nodeSelector have it: null or empty selects everything.</summary>
    public static bool Matches(IReadOnlyDictionary<string, string>? selector, IReadOnlyDictionary<string, string>? labels)
    {
        foreach (var (key, value) in selector ?? new Dictionary<string, string>())
        {
            if (labels is null || !labels.TryGetValue(key, out var found) || found != value)
                return false;
        }
        return true;
    }

    /// <exception cref="FormatException">An operator is unknown.</exception>
    public static LabelQuery ToQuery(LabelSelector selector)
    {
        var requirements = new List<LabelRequirement>();
        foreach (var (key, value) in selector.MatchLabels ?? new Dictionary<string, string>())
            requirements.Add(new LabelRequirement(key, LabelOperator.In, [value]));
        foreach (var e in selector.MatchExpressions ?? [])
            requirements.Add(new LabelRequirement(e.Key, OperatorOf(e.Operator), e.Values ?? []));
        return new LabelQuery(requirements);
    }

    private static LabelOperator OperatorOf(string name) => name switch
    {
        "In" => LabelOperator.In,
        "NotIn" => LabelOperator.NotIn,
        "Exists" => LabelOperator.Exists,
        "DoesNotExist" => LabelOperator.DoesNotExist,
        _ => throw new FormatException($"\"{name}\" is not a valid label selector operator"),
    };
}
