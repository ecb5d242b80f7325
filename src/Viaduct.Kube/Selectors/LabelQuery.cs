namespace Viaduct.Kube.Selectors;

public enum LabelOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

/// <summary>One condition on one label.</summary>
public sealed record LabelRequirement(string Key, LabelOperator Operator, IReadOnlyList<string> Values)
{
    public bool Matches(IReadOnlyDictionary<string, string>? labels)
    {
        string? value = null;
        var has = labels is not null && labels.TryGetValue(Key, out value);
        return Operator switch
        {
            LabelOperator.In => has && Values.Contains(value),
            // An object without the label is "not in" too (apimachinery labels.Requirement.Matches).
            LabelOperator.NotIn => !has || !Values.Contains(value),
            LabelOperator.Exists => has,
            LabelOperator.DoesNotExist => !has,
            LabelOperator.GreaterThan => has && long.TryParse(value, out var more) && more > long.Parse(Values[0]),
            _ => has && long.TryParse(value, out var less) && less < long.Parse(Values[0]),
        };
    }
}

/// <summary>A label selector in its parsed form: every requirement must hold; none at all holds for everything.</summary>
public sealed record LabelQuery(IReadOnlyList<LabelRequirement> Requirements)
{
    public static LabelQuery Everything { get; } = new([]);

    public bool Matches(IReadOnlyDictionary<string, string>? labels) => Requirements.All(r => r.Matches(labels));
}
