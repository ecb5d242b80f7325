using System.Text.Json.Nodes;
using Viaduct.Kube.Server.Patch;
using Viaduct.Kube.Server.Schema;

namespace Viaduct.Kube.Server.Registry;

/// <summary>Applies a patch of any kind; a patch that does not fit is refused with its reason.</summary>
internal sealed class ObjectPatches(KubernetesSchema schema)
{
    private readonly StrategicMergePatch _strategic = new(schema);

    /// <summary>Answers the patched object; <paramref name="target"/> may be changed.</summary>
    public JsonObject Apply(JsonObject target, PatchType type, JsonNode patch, string schemaType)
    {
        try
        {
            switch (type)
            {
                case PatchType.Json:
                    var operations = patch as JsonArray ?? throw StatusErrors.BadRequest("a JSON patch (RFC 6902) must be a list of operations");
                    return JsonPatch.Apply(target, operations) as JsonObject ?? throw StatusErrors.BadRequest("the JSON patch must leave an object");
                case PatchType.Merge:
                    MergePatch.Apply(target, Document(patch));
                    return target;
                default:
                    return _strategic.Apply(target, Document(patch), schemaType);
            }
        }
        catch (PatchException e)
        {
            throw StatusErrors.Unprocessable(e.Message);
        }
    }

    private static JsonObject Document(JsonNode patch) => patch as JsonObject ?? throw StatusErrors.BadRequest("a merge patch must be a JSON object");
}
