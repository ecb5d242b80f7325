using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;

namespace Viaduct.Node.Pods;

/// <summary>The merge patch that brings a pod's status from what the API has to what it should be.</summary>
internal static class PodStatusPatch
{
    /// <summary>
    /// Null when nothing differs. Only fields that differ are in the patch, so foreign fields stay; the uid makes the server
    /// refuse the patch (409) when another pod has taken the name since.
    /// </summary>
    public static JsonObject? Make(string? uid, PodStatus? current, PodStatus wanted)
    {
        var from = ToJson(current);
        var to = ToJson(wanted);
        var changes = new JsonObject();
        foreach (var (name, value) in to)
        {
            if (!JsonNode.DeepEquals(value, from[name]))
                changes[name] = value?.DeepClone();
        }

        foreach (var name in from.Select(f => f.Key).Where(n => !to.ContainsKey(n)))
            changes[name] = null;
        return changes.Count == 0 ? null : new JsonObject { ["metadata"] = new JsonObject { ["uid"] = uid }, ["status"] = changes };
    }

    private static JsonObject ToJson(PodStatus? status) =>
        status is null ? [] : JsonSerializer.SerializeToNode(status, KubeJson.Default.PodStatus)!.AsObject();
}
