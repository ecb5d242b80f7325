using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Informers;

/// <summary>Namespace and name of an object; the namespace of a cluster-scoped object is empty.</summary>
public readonly record struct ObjectKey(string Namespace, string Name)
{
    public static ObjectKey Of(IKubeObject value) => new(value.Metadata.Namespace ?? "", value.Metadata.Name ?? "");

    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
