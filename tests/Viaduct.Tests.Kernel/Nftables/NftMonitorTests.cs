using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;

namespace Viaduct.Tests.Kernel.Nftables;

public sealed class NftMonitorTests : IAsyncDisposable
{
    private static readonly NftTable Ours = new(NftFamily.IPv4, "ours"), Theirs = new(NftFamily.IPv6, "theirs");
    private readonly NetNamespace ns = NetNamespace.Create();
    private readonly NftMonitor monitor;
    private readonly NftClient nft;
    private readonly IAsyncEnumerator<NftTransaction> transactions;

    public NftMonitorTests()
    {
        monitor = NftMonitor.In(ns);
        nft = NftClient.In(ns);
        transactions = monitor.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator();
    }

    public async ValueTask DisposeAsync()
    {
        await transactions.DisposeAsync();
        monitor.Dispose();
        nft.Dispose();
        ns.Dispose();
    }

    [Fact]
    public async Task A_transaction_tells_its_tables_its_generation_and_its_maker()
    {
        nft.Commit(new NftBatch().AddTable(Ours).AddTable(Theirs).AddChain(Theirs, new NftChainSpec { Name = "c" }));
        var transaction = await Next();
        Assert.Equal(nft.GetGeneration(), transaction.Generation);
        Assert.Equal(nft.PortId, transaction.PortId);
        Assert.NotEqual(0u, transaction.PortId);
        Assert.Equal([Ours, Theirs], transaction.Tables.OrderBy(t => t.Name));
    }

    [Fact]
    public async Task Somebody_elses_transaction_has_another_port()
    {
        nft.Commit(new NftBatch().AddTable(Ours).AddSet(Ours, new NftSetSpec { Name = "s", KeyType = NftType.Mark }));
        Assert.Equal(nft.PortId, (await Next()).PortId);
        Tool.Run(ns, "nft", "add element ip ours s { 7 }");
        var transaction = await Next();
        Assert.NotEqual(nft.PortId, transaction.PortId);
        Assert.Equal("nft", transaction.ProcessName);
        Assert.Equal([Ours], transaction.Tables);
    }

    [Fact]
    public async Task Two_clients_of_one_process_are_told_apart()
    {
        using var other = NftClient.In(ns);
        nft.Commit(new NftBatch().AddTable(Ours));
        other.Commit(new NftBatch().AddTable(Theirs));
        var (first, second) = (await Next(), await Next());
        Assert.Equal((nft.PortId, other.PortId), (first.PortId, second.PortId));
        Assert.Equal(first.ProcessId, second.ProcessId);
        Assert.Equal(first.Generation + 1, second.Generation);
    }

    [Fact]
    public async Task A_change_that_overflows_the_socket_is_reported_as_lost_and_later_ones_are_heard()
    {
        nft.Commit(new NftBatch().AddTable(Ours).AddSet(Ours, new NftSetSpec { Name = "s", KeyType = NftType.Mark }));
        await Next();
        // Nobody reads meanwhile: each element is a notification, and the socket holds some thousands.
        for (var batch = 0; batch < 10; batch++)
            nft.Commit(new NftBatch().AddElements(Ours, "s", Enumerable.Range(batch * 3000, 3000).Select(i => new NftElement(NftData.Word((uint)i)))));
        while (!(await Next()).IsLost)
        {
        }

        nft.Commit(new NftBatch().DeleteTable(Ours));
        Assert.Equal(nft.GetGeneration(), (await Next()).Generation);
    }

    [Fact]
    public async Task A_paused_monitor_hears_nothing_until_it_goes_on()
    {
        using (monitor.Pause())
            nft.Commit(new NftBatch().AddTable(Ours));
        nft.Commit(new NftBatch().AddTable(Theirs));
        Assert.Equal([Theirs], (await Next()).Tables);
    }

    private async Task<NftTransaction> Next()
    {
        Assert.True(await transactions.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        return transactions.Current;
    }
}
