using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Informers;

/// <summary>Takes what a <see cref="Reflector{T}"/> hears, in order, one call at a time. It keeps what it needs and must not block.</summary>
public interface IReflectorConsumer<T>
    where T : class, IKubeObject<T>
{
    /// <summary>
    /// A list begins: what is not <see cref="Set"/> until <see cref="EndReplace"/> no longer exists. May come again without an
    /// <see cref="EndReplace"/>, when a list broke off: the reckoning then begins anew.
    /// </summary>
    void BeginReplace();

    /// <summary>The object is like this. Also called for objects that did not change.</summary>
    void Set(T value);

    /// <summary>The object is gone.</summary>
    void Remove(T value);

    /// <summary>The list is complete.</summary>
    void EndReplace();
}
