namespace Viaduct.Kube.Informers;

public enum ChangeType
{
    Added,
    Updated,
    Deleted,
}

/// <summary>One change of one object: <see cref="Old"/> is null when added, <see cref="New"/> when deleted.</summary>
public readonly record struct InformerEvent<T>(ChangeType Type, T? Old, T? New)
    where T : class
{
    /// <summary>The object as it is, or as it last was.</summary>
    public T Value => (New ?? Old)!;
}
