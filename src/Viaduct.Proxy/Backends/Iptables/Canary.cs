using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>
/// Notices that somebody flushed a table: the rule in the chain KUBE-PROXY-CANARY is then gone. iptables-nft's tables are looked at when the kernel tells
/// of a change, those of iptables-legacy once in a while, for nobody tells of theirs.
/// </summary>
internal sealed class Canary(IptablesPrograms programs, IPFamily family, TimeSpan period) : IDisposable
{
    private static readonly string[] s_tables = ["nat", "filter", "mangle"];

    private readonly NftClient? nft = programs.Variant == IptablesVariant.Nft ? NftClient.In(programs.Namespace) : null;
    private readonly NftMonitor? monitor = programs.Variant == IptablesVariant.Nft ? NftMonitor.In(programs.Namespace) : null;
    // While rules are written, the canary of one table may be there and that of another not yet.
    private readonly SemaphoreSlim quiet = new(1);
    private volatile bool isDead;

    /// <summary>Whether it was found dead since <see cref="Acknowledge"/>.</summary>
    public bool IsDead => isDead;

    /// <summary>The rules are about to be read.</summary>
    public void Acknowledge() => isDead = false;

    /// <summary>Runs an application of ours.</summary>
    public async Task<T> NotWhile<T>(Func<Task<T>> application, CancellationToken cancellation)
    {
        await quiet.WaitAsync(cancellation);
        try
        {
            return await application();
        }
        finally
        {
            quiet.Release();
        }
    }

    /// <summary>Hears nothing of what we write ourselves: the kernel makes a notification for every rule, if anybody listens.</summary>
    public IDisposable? Pause() => monitor?.Pause();

    /// <summary>Waits until it is dead.</summary>
    public Task WaitAsync(CancellationToken cancellation) => monitor is null ? WaitByTimeAsync(cancellation) : WaitByNewsAsync(monitor, cancellation);

    public void Dispose()
    {
        monitor?.Dispose();
        nft?.Dispose();
        quiet.Dispose();
    }

    private async Task WaitByNewsAsync(NftMonitor news, CancellationToken cancellation)
    {
        await foreach (var transaction in news.ReadAsync(cancellation))
        {
            if ((transaction.IsLost || s_tables.Any(t => transaction.Tables.Contains(Table(t)))) && await IsFoundDeadAsync(cancellation))
                return;
        }
    }

    private async Task WaitByTimeAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(period);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            if (await IsFoundDeadAsync(cancellation))
                return;
        }
    }

    private Task<bool> IsFoundDeadAsync(CancellationToken cancellation) => NotWhile(
        async () =>
        {
            foreach (var table in s_tables)
                isDead |= !await LivesAsync(table);
            return isDead;
        },
        cancellation);

    private async Task<bool> LivesAsync(string table) =>
        nft is null ? await programs.HasRuleAsync(table, ChainNames.Canary) : nft.ListRules(Table(table), ChainNames.Canary).Count > 0;

    private NftTable Table(string name) => new(family == IPFamily.IPv4 ? NftFamily.IPv4 : NftFamily.IPv6, name);
}
