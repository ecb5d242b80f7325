using System.Text;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;

namespace Viaduct.Tests.Kernel.Nftables;

public sealed class NftElementWriterTests : IDisposable
{
    private static readonly NftTable Table = new(NftFamily.IPv4, "t");
    private static readonly NftSetSpec Map = new() { Name = "m", KeyType = NftType.Mark, DataType = NftType.Mark };
    private static readonly NftSetSpec Verdicts = new() { Name = "v", KeyType = NftType.Mark, DataType = NftType.Verdict, HasCounter = true };

    private readonly NetNamespace ns = NetNamespace.Create();
    private readonly NftClient nft;

    public NftElementWriterTests()
    {
        nft = NftClient.In(ns);
        nft.Commit(new NftBatch().AddTable(Table).AddSet(Table, Map).AddSet(Table, Verdicts).AddChain(Table, new NftChainSpec { Name = "c" }));
    }

    public void Dispose()
    {
        nft.Dispose();
        ns.Dispose();
    }

    [Fact]
    public void Nft_prints_what_a_writer_writes()
    {
        var batch = new NftBatch();
        batch.Elements(Table, "m").Write(new NftElementView(Word(1)) { Value = Word(2), Comment = "size"u8 });
        var verdicts = batch.Elements(Table, "v");
        verdicts.Write(new NftElementView(Word(3)) { Verdict = NftVerdictKind.Goto, Chain = "c"u8, Comment = "ns/name:port"u8 });
        verdicts.Write(new NftElementView(Word(4)) { Verdict = NftVerdictKind.Drop });
        nft.Commit(batch);
        Assert.Contains("0x00000001 comment \"size\" : 0x00000002", Tool.Run(ns, "nft", "list", "map", "ip", "t", "m"), StringComparison.Ordinal);
        var printed = Tool.Run(ns, "nft", "list", "map", "ip", "t", "v");
        Assert.Contains("0x00000003 counter packets 0 bytes 0 comment \"ns/name:port\" : goto c", printed, StringComparison.Ordinal);
        Assert.Contains("0x00000004 counter packets 0 bytes 0 : drop", printed, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_thousand_elements_go_in_one_batch_and_are_read_back_without_objects()
    {
        const int Count = 100_000;
        var batch = new NftBatch();
        var writer = batch.Elements(Table, "m");
        for (var i = 0; i < Count; i++)
            writer.Write(new NftElementView(Word(i)) { Value = Word(i * 7), Comment = "some/comment"u8 });
        CommitIfTheSocketTakesIt(batch);
        var seen = new Dictionary<int, int>();
        nft.ReadElements(Table, "m", seen.Clear, (in element) =>
        {
            Assert.Equal("some/comment", Encoding.UTF8.GetString(element.Comment));
            seen[BitConverter.ToInt32(element.Key)] = BitConverter.ToInt32(element.Value);
        });
        Assert.Equal(Count, seen.Count);
        Assert.All(seen, pair => Assert.Equal(pair.Key * 7, pair.Value));
    }

    [Fact]
    public void Writers_take_effect_in_the_order_in_which_they_were_opened()
    {
        nft.Commit(new NftBatch().AddElements(Table, "m", [new NftElement(NftData.Word(1), NftData.Word(1))]));
        var batch = new NftBatch();
        var deleted = batch.Elements(Table, "m", isDelete: true);
        var added = batch.Elements(Table, "m");
        added.Write(new NftElementView(Word(1)) { Value = Word(2) });
        deleted.Write(new NftElementView(Word(1)));
        nft.Commit(batch);
        Assert.Equal(NftData.Word(2), nft.GetElement(Table, "m", NftData.Word(1))?.Value);
    }

    [Fact]
    public void One_element_is_read_by_its_key()
    {
        nft.Commit(new NftBatch().AddElements(Table, "v", [new NftElement(NftData.Word(1), NftVerdict.Goto("c")) { Comment = "x" }]));
        var element = nft.GetElement(Table, "v", NftData.Word(1));
        Assert.Equal((NftVerdict.Goto("c"), "x", 0ul), (element?.Verdict, element?.Comment, element?.Counter?.Packets));
        Assert.Null(nft.GetElement(Table, "v", NftData.Word(2)));
        Assert.Null(nft.GetElement(Table, "missing", NftData.Word(2)));
    }

    [Fact]
    public void An_element_that_the_kernel_refuses_is_named()
    {
        var batch = new NftBatch();
        var writer = batch.Elements(Table, "v");
        writer.Write(new NftElementView(Word(1)) { Verdict = NftVerdictKind.Goto, Chain = "c"u8 });
        writer.Write(new NftElementView(Word(2)) { Verdict = NftVerdictKind.Goto, Chain = "missing"u8, Comment = "the wrong one"u8 });
        Assert.EndsWith("(the wrong one)", Assert.Throws<NetlinkException>(() => nft.Commit(batch)).Item, StringComparison.Ordinal);
    }

    // An ordinary user's batch is limited to twice net.core.wmem_max.
    private void CommitIfTheSocketTakesIt(NftBatch batch)
    {
        try
        {
            nft.Commit(batch);
        }
        catch (NetlinkException e) when (e.Message.Contains("wmem_max", StringComparison.Ordinal))
        {
            Assert.Skip("The socket's send buffer cannot hold the batch.");
        }
    }

    private static byte[] Word(int value) => BitConverter.GetBytes(value);
}
