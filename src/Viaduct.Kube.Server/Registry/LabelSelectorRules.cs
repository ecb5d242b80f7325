using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Registry;

/// <summary>The selector of a workload (meta/v1 LabelSelector): its form, and whether it selects its own template.</summary>
internal static class LabelSelectorRules
{
    public static void Validate(string field, JsonObject? selector, FieldErrors errors)
    {
        if (selector is null)
        {
            errors.Required(field);
            return;
        }
        Names.CheckLabels($"{field}.matchLabels", selector, "matchLabels", errors);
        var index = 0;
        foreach (var requirement in selector.Items("matchExpressions"))
            ValidateRequirement($"{field}.matchExpressions[{index++}]", requirement, errors);
        if (IsEmpty(selector))
            errors.Invalid(field, selector.DeepClone(), "empty selector is invalid for deployment");
    }

    public static bool Matches(JsonObject selector, JsonObject labels) =>
        selector.Entries("matchLabels").All(e => labels.Text(e.Key) == e.Value) &&
        selector.Items("matchExpressions").All(r => MatchesRequirement(r, labels));

    private static bool IsEmpty(JsonObject selector) => !selector.Entries("matchLabels").Any() && !selector.Items("matchExpressions").Any();

    private static bool MatchesRequirement(JsonObject requirement, JsonObject labels)
    {
        var value = labels.Text(requirement.Text("key") ?? "");
        return requirement.Text("operator") switch
        {
            "In" => value is not null && requirement.Texts("values").Contains(value),
            "NotIn" => value is null || !requirement.Texts("values").Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }

    private static void ValidateRequirement(string field, JsonObject requirement, FieldErrors errors)
    {
        if (Names.KeyProblem(requirement.Text("key") ?? "") is { } problem)
            errors.Invalid($"{field}.key", requirement.Text("key") ?? "", problem);
        var hasValues = requirement.Texts("values").Any();
        switch (requirement.Text("operator"))
        {
            case "In" or "NotIn" when !hasValues:
                errors.Required($"{field}.values", "must be specified when `operator` is 'In' or 'NotIn'");
                break;
            case "Exists" or "DoesNotExist" when hasValues:
                errors.Forbidden($"{field}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                break;
            case "In" or "NotIn" or "Exists" or "DoesNotExist":
                break;
            case var unknown:
                errors.NotSupported($"{field}.operator", unknown ?? "", "In", "NotIn", "Exists", "DoesNotExist");
                break;
        }
    }
}
