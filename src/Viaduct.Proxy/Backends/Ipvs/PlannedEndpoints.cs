using System.Collections;
using System.Collections.Immutable;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>The addresses of a state's endpoints, without a list of their own: there are hundreds of thousands.</summary>
internal sealed class PlannedEndpoints(ImmutableArray<ProxyEndpoint> endpoints) : IReadOnlyList<EndpointAddress>
{
    public int Count => endpoints.Length;

    public EndpointAddress this[int index] => endpoints[index].Target;

    public IEnumerator<EndpointAddress> GetEnumerator()
    {
        foreach (var endpoint in endpoints)
            yield return endpoint.Target;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
