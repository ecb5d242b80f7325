using Viaduct.Proxy;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>Serves all but one port, as a backend whose kernel refuses it.</summary>
internal sealed class RefusingBackend(IProxyBackend inner, ServicePortName refused) : IProxyBackend
{
    public async Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation) =>
        await inner.ApplyAsync(change, desired.Without([refused]), cancellation) with { RefusedPorts = [refused] };

    public Task WaitForForeignEditAsync(CancellationToken cancellation) => inner.WaitForForeignEditAsync(cancellation);

    public void Dispose() => inner.Dispose();
}
