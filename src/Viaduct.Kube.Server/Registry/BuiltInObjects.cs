using System.Net;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Patch;
using Viaduct.Kube.Server.Registry.Kinds;
using Viaduct.Kube.Server.Registry.Services;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry;

/// <summary>What every cluster has from its first moment: the namespaces and the Service <c>kubernetes</c>, which leads to this server.</summary>
internal static class BuiltInObjects
{
    private static readonly string[] Namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

    /// <summary>Creates what is missing; brings the addresses of the Service up to date.</summary>
    public static void Ensure(StoreTransaction transaction, ResourceCatalog catalog, ServiceRanges ranges, IPEndPoint endpoint)
    {
        foreach (var name in Namespaces)
            Create(catalog["namespaces"], null, name, [], transaction);
        Create(catalog["services"], "default", "kubernetes", new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["component"] = "apiserver", ["provider"] = "kubernetes" } },
            ["spec"] = new JsonObject
            {
                ["clusterIP"] = ranges.First.ToString(),
                ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = 443, ["protocol"] = "TCP", ["targetPort"] = endpoint.Port }),
            },
        }, transaction);
        Replace(catalog["endpoints"], "default", EndpointsOf(endpoint), transaction);
        Replace(catalog["endpointslices.discovery.k8s.io"], "default", SliceOf(endpoint), transaction);
        Replace(catalog["servicecidrs.networking.k8s.io"], null, ServiceCidrOf(ranges), transaction);
    }

    /// <summary>Every namespace has the account that its pods run under.</summary>
    public static void CreateServiceAccount(string ns, StoreTransaction transaction) =>
        ObjectWriter.Create(new ServiceAccountStrategy(), ns, New(ServiceAccount.Resource, "default"), transaction);

    private static void Create(ResourceStrategy strategy, string? ns, string name, JsonObject content, StoreTransaction transaction)
    {
        if (transaction.Get(ObjectReader.Key(strategy, ns, name)) is not null)
            return;
        var value = New(strategy.Resource, name);
        MergePatch.Apply(value, content);
        ObjectWriter.Create(strategy, ns, value, transaction);
    }

    /// <summary>The server may have come back at another address, or with other ranges.</summary>
    private static void Replace(ResourceStrategy strategy, string? ns, JsonObject content, StoreTransaction transaction)
    {
        var key = ObjectReader.Key(strategy, ns, "kubernetes");
        Create(strategy, ns, key.Name, content, transaction);
        var value = transaction.Get(key)!.ToObject();
        MergePatch.Apply(value, content);
        strategy.ApplyDefaults(value);
        if (!JsonNode.DeepEquals(value, transaction.Get(key)!.ToObject()))
            transaction.Put(key, value);
    }

    private static JsonObject New(ResourceType resource, string name) => new()
    {
        ["kind"] = resource.Kind,
        ["apiVersion"] = resource.ApiVersion,
        ["metadata"] = new JsonObject { ["name"] = name },
    };

    private static JsonObject EndpointsOf(IPEndPoint endpoint) => new()
    {
        ["subsets"] = new JsonArray(new JsonObject
        {
            ["addresses"] = new JsonArray(new JsonObject { ["ip"] = endpoint.Address.ToString() }),
            ["ports"] = new JsonArray(Port(endpoint)),
        }),
    };

    private static JsonObject SliceOf(IPEndPoint endpoint) => new()
    {
        ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = "kubernetes" } },
        ["addressType"] = IpFamily.Of(endpoint.Address),
        ["endpoints"] = new JsonArray(new JsonObject
        {
            ["addresses"] = new JsonArray(endpoint.Address.ToString()),
            ["conditions"] = new JsonObject { ["ready"] = true },
        }),
        ["ports"] = new JsonArray(Port(endpoint)),
    };

    private static JsonObject ServiceCidrOf(ServiceRanges ranges) => new()
    {
        ["spec"] = new JsonObject { ["cidrs"] = new JsonArray([.. ranges.Cidrs.Select(c => JsonValue.Create(c.ToString()))]) },
        ["status"] = new JsonObject
        {
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "Ready",
                ["status"] = "True",
                ["reason"] = "",
                ["message"] = "Kubernetes Service CIDR is ready",
            }),
        },
    };

    private static JsonObject Port(IPEndPoint endpoint) => new() { ["name"] = "https", ["port"] = endpoint.Port, ["protocol"] = "TCP" };
}
