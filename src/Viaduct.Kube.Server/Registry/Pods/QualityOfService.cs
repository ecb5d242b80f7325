using System.Text.Json.Nodes;
using Viaduct.Kube.Server.Schema;

namespace Viaduct.Kube.Server.Registry.Pods;

/// <summary>The quality-of-service class of a pod from its requests and limits (KK pkg/apis/core/v1/helper/qos).</summary>
internal static class QualityOfService
{
    public static string Of(JsonObject spec)
    {
        var containers = spec.Items("containers").Concat(spec.Items("initContainers")).Select(c => c.Child("resources") ?? []).ToList();
        if (containers.All(r => !Amounts(r, "requests").Any() && !Amounts(r, "limits").Any()))
            return "BestEffort";
        return containers.All(IsGuaranteed) ? "Guaranteed" : "Burstable";
    }

    private static bool IsGuaranteed(JsonObject resources)
    {
        var limits = Amounts(resources, "limits").ToDictionary();
        var requests = Amounts(resources, "requests").ToDictionary();
        return limits.Count == 2 && limits.All(l => !requests.TryGetValue(l.Key, out var request) || request == l.Value);
    }

    private static IEnumerable<KeyValuePair<string, decimal>> Amounts(JsonObject resources, string field) =>
        resources.Entries(field)
            .Where(e => e.Key is "cpu" or "memory")
            .Select(e => new KeyValuePair<string, decimal>(e.Key, Quantity.Value(e.Value) ?? 0))
            .Where(e => e.Value > 0);
}
