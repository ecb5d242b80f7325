using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Inspection;

/// <summary>Reports on Services of a proxy that runs, while it goes on.</summary>
/// <param name="node">The proxy's node.</param>
/// <param name="proxy">The proxy.</param>
/// <param name="families">Those that it serves.</param>
/// <param name="mode">How it serves when asked.</param>
/// <param name="connect">Opens a client of the node's rules.</param>
/// <param name="inspect">Reads the kernel in modes other than nftables.</param>
public sealed class ServiceInspector(
    string node, ServiceProxy proxy, IReadOnlyList<IPFamily> families, Func<ProxyMode> mode, Func<NftClient> connect,
    Func<IPFamily, ProxyState, ServicePortState, CancellationToken, Task<IReadOnlyList<KernelItem>?>> inspect)
{
    // A change takes milliseconds to arrive in the kernel. A difference that stays longer is one to tell of.
    private const int Tries = 10;
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(50);

    public async Task<ServiceReport> ReportAsync(ServiceName service, CancellationToken cancellation)
    {
        using var nft = mode() == ProxyMode.Nftables ? connect() : null;
        for (var left = Tries; ; left--)
        {
            var report = await ReportAsync(nft, service, cancellation);
            if (report.IsEqual == true || (report.IsSettled && report.WaitingSince is null) || left == 1)
                return report;
            await Task.Delay(pause, cancellation);
        }
    }

    private async Task<ServiceReport> ReportAsync(NftClient? nft, ServiceName service, CancellationToken cancellation)
    {
        var states = families.ToDictionary(f => f, f => proxy.State(f) ?? ProxyState.Empty);
        var report = nft is null
            ? await ServiceInspection.ReportItemsAsync(node, service, states, (family, state, port) => inspect(family, state, port, cancellation))
            : ServiceInspection.Report(node, service, states, (family, frontends) => NftablesInspector.Read(nft, family, frontends));
        return report with { Mode = mode().Name(), WaitingSince = families.Select(proxy.WaitingSince).Min() };
    }
}
