using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.Shared;

/// <summary>Who controls an object.</summary>
public static class Ownership
{
    public static OwnerReference? Controller(this IKubeObject value) => value.Metadata.OwnerReferences?.FirstOrDefault(o => o.Controller == true);

    public static string? ControllerUid(this IKubeObject value) => value.Controller()?.Uid;

    /// <summary>A reference that makes <paramref name="owner"/> the controller.</summary>
    public static OwnerReference ControllerReference(IKubeObject owner) => new()
    {
        ApiVersion = owner.ApiVersion,
        Kind = owner.Kind,
        Name = owner.Metadata.Name ?? "",
        Uid = owner.Metadata.Uid ?? "",
        Controller = true,
        BlockOwnerDeletion = true,
    };

    public static JsonArray ControllerReferences(IKubeObject owner) => ToJson([ControllerReference(owner)]);

    public static JsonArray ToJson(IReadOnlyList<OwnerReference> references) =>
        JsonSerializer.SerializeToNode(references, KubeJson.Default.IReadOnlyListOwnerReference)!.AsArray();
}
