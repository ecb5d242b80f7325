using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Printing;

namespace Viaduct.Kube.Server.Registry.Kinds;

internal sealed class NodeStrategy : ResourceStrategy
{
    public override ResourceType Resource => Node.Resource;

    public override string SchemaType => "V1Node";

    public override TableDefinition Table => NodeTable.Definition;

    public override IReadOnlyList<string> ShortNames => ["no"];

    public override bool HasStatus => true;

    public override void ApplyDefaults(JsonObject value)
    {
        var spec = value.Ensure("spec");
        if (spec.Text("podCIDR") is { Length: > 0 } cidr && !spec.Texts("podCIDRs").Any())
            spec["podCIDRs"] = new JsonArray(cidr);
        value.Ensure("status");
    }

    public override void Validate(JsonObject value, FieldErrors errors)
    {
        var cidrs = value.Child("spec")?.Texts("podCIDRs").ToList() ?? [];
        for (var i = 0; i < cidrs.Count; i++)
        {
            if (!System.Net.IPNetwork.TryParse(cidrs[i], out _))
                errors.Invalid($"spec.podCIDRs[{i}]", cidrs[i], "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        }
        if (cidrs.Count > 0 && value.Child("spec")!.Text("podCIDR") is { } first && first != cidrs[0])
            errors.Invalid("spec.podCIDRs", value.Child("spec")!["podCIDRs"], "podCIDRs[0] must equal podCIDR");
    }

    public override void ValidateUpdate(JsonObject value, JsonObject old, FieldErrors errors)
    {
        if (old.Child("spec")?.Text("podCIDR") is { Length: > 0 } before && value.Child("spec")?.Text("podCIDR") != before)
            errors.Forbidden("spec.podCIDR", $"node updates may not change podCIDR except from \"\" to valid: it is {before}");
    }

    public override Func<JsonElement, string>? FieldSelector(string label) =>
        label == "spec.unschedulable" ? node => node.FlagAt("spec", "unschedulable") ? "true" : "false" : null;
}
