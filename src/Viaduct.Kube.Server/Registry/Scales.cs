using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Server.Registry;

/// <summary>The subresource <c>scale</c>: a small object (autoscaling/v1 Scale) over spec.replicas of a workload.</summary>
internal static class Scales
{
    public static ResourceType Resource { get; } = new("autoscaling", "v1", "scales", "Scale", true);

    public static JsonObject Of(JsonObject workload)
    {
        var metadata = new JsonObject();
        foreach (var field in (ReadOnlySpan<string>)["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
            metadata.CopyFrom(field, workload.Ensure("metadata"));
        var (spec, status) = (workload.Ensure("spec"), workload.Ensure("status"));
        return new JsonObject
        {
            ["kind"] = Resource.Kind,
            ["apiVersion"] = Resource.ApiVersion,
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["replicas"] = spec.Number("replicas") ?? 0 },
            ["status"] = new JsonObject
            {
                ["replicas"] = status.Number("replicas") ?? 0,
                ["selector"] = SelectorText(spec),
            },
        };
    }

    /// <summary>Brings the wanted number, and a resourceVersion to compare, from the scale to the workload.</summary>
    public static JsonObject Apply(JsonObject workload, JsonObject scale)
    {
        workload.Ensure("spec")["replicas"] = scale.Child("spec")?.Number("replicas") ?? 0;
        if (scale.Child("metadata")?.Text("resourceVersion") is { Length: > 0 } version)
            workload.Ensure("metadata")["resourceVersion"] = version;
        return workload;
    }

    private static string SelectorText(JsonObject spec) =>
        string.Join(",", spec.Child("selector")?.Entries("matchLabels").Select(l => $"{l.Key}={l.Value}") ?? []);
}
