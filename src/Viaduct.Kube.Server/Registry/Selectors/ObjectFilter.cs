using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry.Selectors;

/// <summary>Which objects of a resource a list or watch is about.</summary>
internal sealed record ObjectFilter(string? Namespace, LabelSelector Labels, FieldSelector Fields)
{
    public bool IsEverything => Namespace is null && Labels.IsEmpty && Fields.IsEmpty;

    public static ObjectFilter Parse(ResourceStrategy strategy, string? ns, string? labelSelector, string? fieldSelector) =>
        new(ns, LabelSelector.Parse(labelSelector), FieldSelector.Parse(fieldSelector, strategy));

    public bool Matches(StoredObject value) =>
        (Namespace is null || value.Key.Namespace == Namespace) && Labels.Matches(value.Root) && Fields.Matches(value.Root);
}
