using Viaduct.Linux.Namespaces;

namespace Viaduct.Lab.Drawing;

/// <summary>A namespace and the name that it has in the drawing.</summary>
public sealed record NamespaceToDraw(string Name, NetNamespace Namespace) : IDisposable
{
    public void Dispose() => Namespace.Dispose();
}
