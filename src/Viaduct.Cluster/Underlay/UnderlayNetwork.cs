using Viaduct.Linux.Namespaces;

namespace Viaduct.Cluster.Underlay;

/// <summary>The namespaces of a running underlay, by name; holding them keeps them alive.</summary>
public sealed class UnderlayNetwork : IDisposable
{
    private readonly Dictionary<string, NetNamespace> namespaces = [];

    public NetNamespace this[string name] => namespaces[name];

    internal void Add(string name, NetNamespace ns) => namespaces.Add(name, ns);

    public void Dispose()
    {
        foreach (var ns in namespaces.Values)
            ns.Dispose();
    }
}
