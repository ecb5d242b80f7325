using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>
/// Notices that somebody else changed the tables. A flush of iptables-nft's, which takes the rule in the chain KUBE-PROXY-CANARY, is seen at once, for the kernel
/// tells of changes; any other change at once, too, or within a sync period after the last time that everything was read, which takes a while if there are very
/// many rules. Nobody tells of changes of iptables-legacy's tables: their sizes are looked at in each sync period.
/// </summary>
internal sealed class RulesWatch : IDisposable
{
    private readonly IPFamily family;
    private readonly TimeSpan period;
    private readonly NftClient? nft;
    private readonly NftMonitor? monitor;
    private readonly LegacySizes? legacy;
    private readonly OwnGenerations own = new();
    // While rules are written, what is there is neither what was nor what will be.
    private readonly SemaphoreSlim quiet = new(1);
    private byte[] sizes = [];
    private int commits;
    private long lastRead;
    private volatile bool isTouched, isDamaged;

    public RulesWatch(IptablesPrograms programs, IPFamily family, TimeSpan period)
    {
        (this.family, this.period) = (family, period);
        if (programs.Variant == IptablesVariant.Nft)
            (nft, monitor) = (NftClient.In(programs.Namespace), NftMonitor.In(programs.Namespace));
        else
            legacy = new LegacySizes(programs.Namespace, family);
    }

    /// <summary>Whether everything should be read again. Stays so until <see cref="Acknowledge"/>.</summary>
    public bool IsDamaged => isDamaged;

    /// <summary>The rules are about to be read.</summary>
    public void Acknowledge()
    {
        isTouched = isDamaged = false;
        lastRead = TimeProvider.System.GetTimestamp();
    }

    /// <summary>So many tables were written.</summary>
    public void Committed(int tables) => commits += tables;

    /// <summary>Runs an application of ours.</summary>
    public async Task<T> NotWhile<T>(Func<Task<T>> application, CancellationToken cancellation)
    {
        await quiet.WaitAsync(cancellation);
        try
        {
            isTouched |= HasNewSizes();
            var before = nft?.GetGeneration() ?? 0;
            commits = 0;
            try
            {
                return await application();
            }
            finally
            {
                sizes = legacy?.Read() ?? [];
                isTouched |= nft is not null && !own.Note(before, nft.GetGeneration(), commits);
            }
        }
        finally
        {
            quiet.Release();
        }
    }

    /// <summary>Hears nothing of what we write ourselves: the kernel makes a notification for every rule, if anybody listens.</summary>
    public IDisposable? Pause() => monitor?.Pause();

    /// <summary>Waits until everything should be read again.</summary>
    public Task WaitAsync(CancellationToken cancellation) =>
        monitor is null ? WaitByTimeAsync(cancellation) : FirstWait.OfAsync(cancellation, WaitByTimeAsync, stop => WaitByNewsAsync(monitor, stop));

    public void Dispose()
    {
        monitor?.Dispose();
        nft?.Dispose();
        legacy?.Dispose();
        quiet.Dispose();
    }

    private async Task WaitByTimeAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(period);
        do
            await timer.WaitForNextTickAsync(cancellation);
        while (!await LookAsync(() => isTouched || HasNewSizes(), cancellation));
    }

    private async Task WaitByNewsAsync(NftMonitor news, CancellationToken cancellation)
    {
        await foreach (var transaction in news.ReadAsync(cancellation))
        {
            if (await LookAsync(() => IsDamage(transaction), cancellation))
                return;
        }
    }

    private async Task<bool> LookAsync(Func<bool> isDamage, CancellationToken cancellation)
    {
        await quiet.WaitAsync(cancellation);
        try
        {
            isDamaged |= isDamage();
            return isDamaged;
        }
        finally
        {
            quiet.Release();
        }
    }

    private bool IsDamage(NftTransaction transaction)
    {
        if (!transaction.IsLost && (own.Has(transaction.Generation) || !TableNames.All.Any(t => transaction.Tables.Contains(Table(t)))))
            return false;
        isTouched = true;
        return TimeProvider.System.GetElapsedTime(lastRead) >= period || TableNames.All.Any(t => nft!.ListRules(Table(t), ChainNames.Canary).Count == 0);
    }

    private bool HasNewSizes() => sizes.Length > 0 && !legacy!.Read().SequenceEqual(sizes);

    private NftTable Table(string name) => new(family == IPFamily.IPv4 ? NftFamily.IPv4 : NftFamily.IPv6, name);
}
