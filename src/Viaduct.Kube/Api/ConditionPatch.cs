using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Api;

/// <summary>
/// A strategic merge patch of one condition: the list <c>status.conditions</c> is merged by type, so that those who write the other conditions and we do not overwrite
/// each other, which a JSON merge patch of the list would do.
/// </summary>
public static class ConditionPatch
{
    public const string ContentType = "application/strategic-merge-patch+json";

    public static JsonObject Of(Condition condition) => new()
    {
        ["status"] = new JsonObject { ["conditions"] = new JsonArray(JsonSerializer.SerializeToNode(condition, KubeJson.Default.Condition)) },
    };
}
