using Viaduct.Linux.Namespaces;

namespace Viaduct.Cluster.Underlay;

/// <summary>The _namespaces of a running underlay, by name; holding them keeps them alive.</summary>
public sealed class UnderlayNetwork : IDisposable
{
    private readonly Dictionary<string, NetNamespace> _namespaces = [];

    public NetNamespace this[string name] => _namespaces[name];

    internal void Add(string name, NetNamespace ns) => _namespaces.Add(name, ns);

    public void Dispose()
    {
        foreach (var ns in _namespaces.Values)
            ns.Dispose();
    }
}
