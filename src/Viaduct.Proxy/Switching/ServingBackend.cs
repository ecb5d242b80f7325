using Viaduct.Proxy.Backends;

namespace Viaduct.Proxy.Switching;

/// <summary>A mode's backend while it serves; its replacement is told to whoever waits at it.</summary>
internal sealed class ServingBackend
{
    private readonly Action replace;

    public ServingBackend(ProxyMode mode, IProxyBackend backend)
    {
        (Mode, Backend) = (mode, backend);
        // Without a timer a source holds nothing that must be disposed of, and waiters may come after its end.
        var source = new CancellationTokenSource();
        (Replaced, replace) = (source.Token, source.Cancel);
    }

    public ProxyMode Mode { get; }

    public IProxyBackend Backend { get; }

    public CancellationToken Replaced { get; }

    public void Replace() => replace();
}
