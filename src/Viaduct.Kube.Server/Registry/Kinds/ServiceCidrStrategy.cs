using System.Net;
using System.Text.Json.Nodes;
using Viaduct.Addressing;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Printing;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry.Kinds;

/// <summary>The ranges of cluster addresses. There is one object, <c>kubernetes</c>, with the ranges that this server was started with.</summary>
internal sealed class ServiceCidrStrategy : ResourceStrategy
{
    /// <summary>The name of the object that every cluster has.</summary>
    public const string Default = "kubernetes";

    public override ResourceType Resource => ServiceCIDR.Resource;

    public override string SchemaType => "V1ServiceCIDR";

    public override TableDefinition Table => SimpleTables.ServiceCidr;

    public override bool HasStatus => true;

    public override void Validate(JsonObject value, FieldErrors errors)
    {
        var cidrs = value.Child("spec")?.Texts("cidrs").ToList() ?? [];
        if (cidrs.Count == 0)
            errors.Required("spec.cidrs", "at least one CIDR required");
        if (cidrs.Count > 2)
            errors.Invalid("spec.cidrs", value.Child("spec")!["cidrs"], "may only hold up to 2 values");
        foreach (var (i, text) in cidrs.Index())
        {
            if (!Cidr.TryParse(text, out _, out var problem))
                errors.Invalid($"spec.cidrs[{i}]", text, problem);
        }
        if (cidrs.Count == 2 && cidrs.All(c => IPNetwork.TryParse(c, out _)) && cidrs.Select(c => IPNetwork.Parse(c).IsIPv6()).Distinct().Count() == 1)
            errors.Invalid("spec.cidrs", value.Child("spec")!["cidrs"], "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
    }

    public override void ValidateUpdate(JsonObject value, JsonObject old, FieldErrors errors)
    {
        if (!JsonNode.DeepEquals(value["spec"], old["spec"]))
            errors.Invalid("spec.cidrs", value.Child("spec")?["cidrs"], "field is immutable");
    }

    public override void Allocate(JsonObject value, JsonObject? old, StoreTransaction transaction, FieldErrors errors)
    {
        if (value.Child("metadata")?.Text("name") != Default)
            errors.Forbidden("metadata.name", $"this server has the ServiceCIDR {Default} only; start it with another service range instead");
    }

    public override void Release(JsonObject value, StoreTransaction transaction) =>
        throw StatusErrors.Forbidden(Resource, value.Child("metadata")?.Text("name") ?? "", "Services have addresses of it");
}
