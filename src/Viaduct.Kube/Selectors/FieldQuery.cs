namespace Viaduct.Kube.Selectors;

/// <summary>One condition on one field: equal to, or not equal to, a value.</summary>
public sealed record FieldRequirement(string Field, string Value, bool Negated);

/// <summary>A field selector in its parsed form: every requirement must hold.</summary>
public sealed record FieldQuery(IReadOnlyList<FieldRequirement> Requirements)
{
    public static FieldQuery Everything { get; } = new([]);

    /// <param name="valueOf">The value of a field of the object; an absent one counts as the empty string.</param>
    public bool Matches(Func<string, string?> valueOf) => Requirements.All(r => ((valueOf(r.Field) ?? "") == r.Value) != r.Negated);
}
