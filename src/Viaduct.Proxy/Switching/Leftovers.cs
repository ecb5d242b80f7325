using Viaduct.Proxy.Backends;

namespace Viaduct.Proxy.Switching;

/// <summary>What modes wrote that do not serve any more. A backend lives as long as its rules: connections may still come to it.</summary>
internal sealed class Leftovers(IProxyModes modes, IEnumerable<ProxyMode> unknown, Drains drains)
{
    // Without a backend: of an earlier life of the proxy, if there is anything.
    private readonly SortedDictionary<ProxyMode, IProxyBackend?> left = new(unknown.ToDictionary(m => m, _ => (IProxyBackend?)null));

    public bool Any => left.Count > 0;

    public void Add(ProxyMode mode, IProxyBackend? backend) => left[mode] = backend;

    /// <summary>A mode that serves again.</summary>
    public void Forget(ProxyMode mode) => left.Remove(mode);

    /// <summary>Removes all; what cannot be removed stays, for the next call.</summary>
    /// <exception cref="ProxyModeException">The first that could not be removed.</exception>
    public void Remove(ProxyMode serving)
    {
        while (left.Count > 0)
        {
            var (mode, backend) = left.First();
            try
            {
                if (backend is IDrainingBackend taking)
                    taking.StopTaking();
                else
                    modes.Remove(mode, serving);
            }
            catch (Exception e)
            {
                throw new ProxyModeException($"Services are served in mode {serving.Name()}, but what mode {mode.Name()} left could not be removed and is tried again: {e.Message}", e);
            }

            left.Remove(mode);
            if (backend is IDrainingBackend draining)
                drains.Begin(mode, draining);
            else
                backend?.Dispose();
        }
    }

    /// <summary>The proxy ends; rules stay.</summary>
    public void Dispose()
    {
        foreach (var backend in left.Values)
            backend?.Dispose();
    }
}
