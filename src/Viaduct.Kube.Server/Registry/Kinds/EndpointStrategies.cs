using System.Net;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Printing;
using Viaduct.Kube.Server.Registry.Services;

namespace Viaduct.Kube.Server.Registry.Kinds;

internal sealed class EndpointsStrategy : ResourceStrategy
{
    public override ResourceType Resource => Endpoints.Resource;

    public override string SchemaType => "V1Endpoints";

    public override TableDefinition Table => EndpointTables.Endpoints;

    public override IReadOnlyList<string> ShortNames => ["ep"];

    public override string Singular => "endpoints";

    public override void ApplyDefaults(JsonObject value)
    {
        foreach (var port in value.Items("subsets").SelectMany(s => s.Items("ports")))
            port.Default("protocol", "TCP");
    }

    public override void Validate(JsonObject value, FieldErrors errors)
    {
        var index = 0;
        foreach (var subset in value.Items("subsets"))
        {
            var path = $"subsets[{index++}]";
            if (!subset.Items("addresses").Any() && !subset.Items("notReadyAddresses").Any())
                errors.Required(path, "must specify `addresses` or `notReadyAddresses`");
            foreach (var list in (ReadOnlySpan<string>)["addresses", "notReadyAddresses"])
            {
                var position = 0;
                foreach (var address in subset.Items(list))
                    EndpointRules.ValidateAddress($"{path}.{list}[{position++}].ip", address.Text("ip"), "", errors);
            }
            EndpointRules.ValidatePorts($"{path}.ports", subset, true, errors);
        }
    }
}

internal sealed class EndpointSliceStrategy : ResourceStrategy
{
    private const int MaxEndpoints = 1000;

    public override ResourceType Resource => EndpointSlice.Resource;

    public override string SchemaType => "V1EndpointSlice";

    public override TableDefinition Table => EndpointTables.EndpointSlice;

    public override bool HasGeneration => true;

    public override void ApplyDefaults(JsonObject value)
    {
        foreach (var port in value.Items("ports"))
        {
            port.Default("name", "");
            port.Default("protocol", "TCP");
        }
    }

    public override void Validate(JsonObject value, FieldErrors errors)
    {
        var type = value.Text("addressType");
        if (string.IsNullOrEmpty(type))
            errors.Required("addressType");
        else if (type is not ("IPv4" or "IPv6" or "FQDN"))
            errors.NotSupported("addressType", type, "FQDN", "IPv4", "IPv6");
        var endpoints = value.Items("endpoints").ToList();
        if (endpoints.Count > MaxEndpoints)
            errors.Invalid("endpoints", endpoints.Count, $"must have at most {MaxEndpoints} items");
        for (var i = 0; i < endpoints.Count; i++)
        {
            var addresses = endpoints[i].Texts("addresses").ToList();
            if (addresses.Count == 0)
                errors.Required($"endpoints[{i}].addresses", "must contain at least 1 address");
            for (var j = 0; j < addresses.Count; j++)
                EndpointRules.ValidateAddress($"endpoints[{i}].addresses[{j}]", addresses[j], type ?? "", errors);
        }
        EndpointRules.ValidatePorts("ports", value, false, errors);
    }

    public override void ValidateUpdate(JsonObject value, JsonObject old, FieldErrors errors)
    {
        if (value.Text("addressType") != old.Text("addressType"))
            errors.Invalid("addressType", value.Text("addressType"), "field is immutable");
    }
}

internal static class EndpointRules
{
    /// <summary>An address of the given type, or for an empty one of any family, at which another machine can answer.</summary>
    public static void ValidateAddress(string field, string? text, string type, FieldErrors errors)
    {
        if (type == "FQDN")
        {
            Names.Check(field, text, NameRule.Subdomain, errors);
            return;
        }
        if (!IPAddress.TryParse(text, out var address) || (type.Length > 0 && type != IpFamily.Of(address)))
            errors.Invalid(field, text ?? "", $"must be a valid {(type.Length == 0 ? "IP" : type)} address");
        else if (IPAddress.IsLoopback(address))
            errors.Invalid(field, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
        else if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            errors.Invalid(field, text, $"may not be unspecified ({address})");
    }

    public static void ValidatePorts(string path, JsonObject owner, bool numberRequired, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var port in owner.Items("ports"))
        {
            var field = $"{path}[{index++}]";
            if (numberRequired || port["port"] is not null)
                PortRules.Require($"{field}.port", port["port"], errors);
            PortRules.ValidateProtocol($"{field}.protocol", port.Text("protocol"), errors);
            if (!names.Add(port.Text("name") ?? ""))
                errors.Duplicate($"{field}.name", port.Text("name") ?? "");
        }
    }
}
