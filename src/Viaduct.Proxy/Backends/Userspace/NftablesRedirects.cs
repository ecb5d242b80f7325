using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>Redirects by the rules of nftables mode, in a table of their own.</summary>
internal sealed class NftablesRedirects : IRedirects
{
    private readonly NftTable table;
    private readonly NftablesBackend rules;

    public NftablesRedirects(BackendOptions options, OwnCommits? commits)
    {
        table = TableOf(options.Family);
        var ofRules = options with { MasqueradeAll = false, BridgeWithoutNetfilter = null };
        rules = new NftablesBackend(new NftClient(), TableLayout.ToProxy(ofRules, table.Name, ProxyAddress.Of(options.Family)), new NftMonitor(), commits);
    }

    public static NftTable TableOf(IPFamily family) => TableLayout.TableOf(family) with { Name = "viaduct-userspace" };

    public Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation) => rules.ApplyAsync(change, desired, cancellation);

    public Task WaitForForeignEditAsync(CancellationToken cancellation) => rules.WaitForForeignEditAsync(cancellation);

    public void Remove() => TableRemoval.Remove(table);

    public void Dispose() => rules.Dispose();
}
