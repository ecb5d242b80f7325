using System.Net;
using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>Rules of a Service that need nothing but the Service (KK pkg/apis/core/validation ValidateService).</summary>
internal static class ServiceValidation
{
    public static void Validate(JsonObject spec, FieldErrors errors)
    {
        ValidateType(spec, errors);
        ValidatePorts(spec, errors);
        Names.CheckLabels("spec.selector", spec, "selector", errors);
        ServiceAddressValidation.Validate(spec, errors);
        ValidatePolicies(spec, errors);
        var index = 0;
        foreach (var address in spec.Texts("externalIPs"))
            EndpointAddress($"spec.externalIPs[{index++}]", address, errors);
    }

    private static void ValidateType(JsonObject spec, FieldErrors errors)
    {
        var type = spec.Text("type");
        if (type is not ("ClusterIP" or "ExternalName" or "LoadBalancer" or "NodePort"))
            errors.NotSupported("spec.type", type, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        if (type == "ExternalName")
            Names.Check("spec.externalName", spec.Text("externalName")?.TrimEnd('.'), NameRule.Subdomain, errors);
        if (ServiceDefaults.HasNodePorts(spec) && ServiceDefaults.IsHeadless(spec))
            errors.Invalid("spec.clusterIPs[0]", "None", $"may not be set to 'None' for {type} services");
    }

    private static void ValidatePorts(JsonObject spec, FieldErrors errors)
    {
        var ports = spec.Items("ports").ToList();
        if (ports.Count == 0 && spec.Text("type") != "ExternalName" && !ServiceDefaults.IsHeadless(spec))
            errors.Required("spec.ports");
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ports.Count; i++)
        {
            ValidateName($"spec.ports[{i}].name", ports[i].Text("name") ?? "", ports.Count > 1, names, errors);
            PortRules.Require($"spec.ports[{i}].port", ports[i]["port"], errors);
            PortRules.ValidateProtocol($"spec.ports[{i}].protocol", ports[i].Text("protocol"), errors);
            PortRules.RequireNumberOrName($"spec.ports[{i}].targetPort", ports[i]["targetPort"], errors);
        }
        ValidateUnique(ports, errors);
        ValidateNodePorts(spec, ports, errors);
    }

    private static void ValidateName(string field, string name, bool isRequired, HashSet<string> names, FieldErrors errors)
    {
        if (name.Length == 0)
        {
            if (isRequired)
                errors.Required(field);
        }
        else if (Names.Problem(name, NameRule.Label) is { } problem)
            errors.Invalid(field, name, problem);
        else if (!names.Add(name))
            errors.Duplicate(field, name);
    }

    private static void ValidateUnique(List<JsonObject> ports, FieldErrors errors)
    {
        var seen = new HashSet<(long?, string?)>();
        for (var i = 0; i < ports.Count; i++)
        {
            if (!seen.Add((ports[i].Number("port"), ports[i].Text("protocol"))))
                errors.Duplicate($"spec.ports[{i}]", new JsonObject { ["port"] = ports[i].Number("port"), ["protocol"] = ports[i].Text("protocol") });
        }
    }

    private static void ValidateNodePorts(JsonObject spec, List<JsonObject> ports, FieldErrors errors)
    {
        var seen = new HashSet<(long, string?)>();
        for (var i = 0; i < ports.Count; i++)
        {
            if (ports[i].Number("nodePort") is not { } number || number == 0)
                continue;
            if (!ServiceDefaults.HasNodePorts(spec))
                errors.Forbidden($"spec.ports[{i}].nodePort", $"may not be used when `type` is '{spec.Text("type")}'");
            else if (!seen.Add((number, ports[i].Text("protocol"))))
                errors.Duplicate($"spec.ports[{i}].nodePort", number);
        }
    }

    private static void ValidatePolicies(JsonObject spec, FieldErrors errors)
    {
        foreach (var field in (ReadOnlySpan<string>)["internalTrafficPolicy", "externalTrafficPolicy"])
        {
            if (spec.Text(field) is { } policy and not ("Cluster" or "Local"))
                errors.NotSupported($"spec.{field}", policy, "Cluster", "Local");
        }
        if (spec.Text("sessionAffinity") is not ("None" or "ClientIP"))
            errors.NotSupported("spec.sessionAffinity", spec.Text("sessionAffinity"), "ClientIP", "None");
        var timeout = spec.Child("sessionAffinityConfig")?.Child("clientIP")?.Number("timeoutSeconds");
        if (timeout is < 1 or > 86400)
            errors.Invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", timeout, "must be greater than 0 and less than or equal to 86400");
    }

    private static void EndpointAddress(string field, string text, FieldErrors errors)
    {
        if (!IPAddress.TryParse(text, out var address) || IPAddress.IsLoopback(address))
            errors.Invalid(field, text, "must be a valid address that is not a loopback address");
    }
}
