using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>Defaults of a Service, and what an update carries over (KK pkg/apis/core/v1/defaults.go, pkg/registry/core/service).</summary>
internal static class ServiceDefaults
{
    private const int AffinitySeconds = 3 * 60 * 60;

    public static void Apply(JsonObject spec)
    {
        spec.Default("type", "ClusterIP");
        spec.Default("sessionAffinity", "None");
        if (spec.Text("sessionAffinity") == "ClientIP")
            spec.Ensure("sessionAffinityConfig").Ensure("clientIP").Default("timeoutSeconds", AffinitySeconds);
        foreach (var port in spec.Items("ports"))
            ApplyToPort(port);
        if (spec.Text("type") == "ExternalName")
            return;
        spec.Default("internalTrafficPolicy", "Cluster");
        if (HasNodePorts(spec) || spec.Texts("externalIPs").Any())
            spec.Default("externalTrafficPolicy", "Cluster");
        if (spec.Text("type") == "LoadBalancer")
            spec.Default("allocateLoadBalancerNodePorts", true);
        SyncAddresses(spec);
    }

    /// <summary>An update need not repeat what the server had chosen, and a change of type gives up what only the old type had.</summary>
    public static void CarryOver(JsonObject spec, JsonObject old)
    {
        DropOfOldType(spec, old);
        if (HasClusterAddress(spec) && HasClusterAddress(old))
            CarryOverAddresses(spec, old);
        if (!HasNodePorts(spec))
            return;
        foreach (var port in spec.Items("ports").Where(p => p.Number("nodePort") is null or 0))
        {
            var before = old.Items("ports").FirstOrDefault(p => IsSamePort(p, port));
            if (before?.Number("nodePort") is { } number and not 0)
                port["nodePort"] = number;
        }
    }

    public static bool HasNodePorts(JsonObject spec) => spec.Text("type") is "NodePort" or "LoadBalancer";

    public static bool IsHeadless(JsonObject spec) => spec.Text("clusterIP") == "None";

    public static bool HasClusterAddress(JsonObject spec) => spec.Text("type") != "ExternalName";

    private static void ApplyToPort(JsonObject port)
    {
        port.Default("protocol", "TCP");
        var target = port["targetPort"];
        var isUnset = target is null || target.ToNumber() == 0 || port.Text("targetPort") == "";
        if (isUnset && port.Number("port") is { } number)
            port["targetPort"] = number;
    }

    /// <summary>clusterIP is the first of clusterIPs; a client may give either.</summary>
    private static void SyncAddresses(JsonObject spec)
    {
        var first = spec.Texts("clusterIPs").FirstOrDefault();
        if (string.IsNullOrEmpty(spec.Text("clusterIP")) && !string.IsNullOrEmpty(first))
            spec["clusterIP"] = first;
        else if (first is null && spec.Text("clusterIP") is { Length: > 0 } address)
            spec["clusterIPs"] = new JsonArray(address);
    }

    /// <summary>A client that knows clusterIP only leaves clusterIPs as it was, or out (kube-apiserver: normalizeClusterIPs, patchAllocatedValues).</summary>
    private static void CarryOverAddresses(JsonObject spec, JsonObject old)
    {
        var (single, before) = (spec.Text("clusterIP") ?? "", old.Text("clusterIP"));
        var isPluralAsBefore = spec.Texts("clusterIPs").SequenceEqual(old.Texts("clusterIPs"));
        if (single.Length > 0 && single != before && isPluralAsBefore)
            spec["clusterIPs"] = new JsonArray(single);
        else if (!spec.Texts("clusterIPs").Any() && (single.Length == 0 || single == before))
            spec.CopyFrom("clusterIPs", old);
        if (single.Length == 0 && spec.Texts("clusterIPs").FirstOrDefault() == old.Texts("clusterIPs").FirstOrDefault())
            spec.CopyFrom("clusterIP", old);
    }

    private static void DropOfOldType(JsonObject spec, JsonObject old)
    {
        if (spec.Text("type") == "ExternalName" && old.Text("type") != "ExternalName")
        {
            foreach (var field in (ReadOnlySpan<string>)["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"])
                spec.Remove(field);
        }
        if (!HasNodePorts(old) || HasNodePorts(spec))
            return;
        spec.Remove("externalTrafficPolicy");
        spec.Remove("allocateLoadBalancerNodePorts");
        foreach (var port in spec.Items("ports"))
        {
            if (old.Items("ports").Any(p => p.Number("nodePort") == port.Number("nodePort")))
                port.Remove("nodePort");
        }
    }

    private static bool IsSamePort(JsonObject before, JsonObject now) =>
        before.Number("port") == now.Number("port") && before.Text("protocol") == (now.Text("protocol") ?? "TCP");
}
