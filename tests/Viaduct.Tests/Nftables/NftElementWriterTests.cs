using System.Text;
using CsCheck;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Tests.Nftables;

public class NftElementWriterTests
{
    private static readonly NftTable Table = new(NftFamily.IPv4, "t");

    private static readonly Gen<NftData> Data = Gen.Byte.Array[1, 64].Select(bytes => new NftData(bytes));

    private static readonly Gen<NftElement> Elements =
        from key in Data
        from hasEnd in Gen.Bool
        from value in Data.Nullable()
        from chain in Gen.String[Gen.Char['a', 'z'], 1, 31].Null()
        from comment in Gen.String[Gen.Char['a', 'z'], 1, 80].Null()
        from milliseconds in Gen.Int[0, 5]
        select new NftElement(key)
        {
            KeyEnd = hasEnd ? key : null,
            IsIntervalEnd = hasEnd,
            Value = chain is null ? value : null,
            Verdict = chain is null ? null : NftVerdict.Goto(chain),
            Comment = comment,
            Timeout = milliseconds == 0 ? null : TimeSpan.FromMilliseconds(milliseconds),
        };

    [Fact]
    public void Any_element_is_read_as_it_was_written() => Elements.Sample(element => Assert.Equal([element], Written(element)));

    [Fact]
    public void The_key_is_all_that_is_written_of_an_element_to_delete() =>
        Elements.Sample(element => Assert.Equal([new NftElement(element.Key) { KeyEnd = element.KeyEnd, IsIntervalEnd = element.IsIntervalEnd }], Deleted(element)));

    [Fact]
    public void The_size_of_an_element_is_an_upper_bound() => Elements.Sample(element => Assert.True(Length(element) <= element.SizeHint));

    [Fact]
    public void A_verdict_element_has_the_bytes_that_nft_sends()
    {
        byte[] expected =
        [
            0x3c, 0, 0x01, 0x80, // NFTA_LIST_ELEM
            0x0c, 0, 0x01, 0x80, 0x08, 0, 0x01, 0, 10, 0, 0, 1, // NFTA_SET_ELEM_KEY { NFTA_DATA_VALUE }
            0x1c, 0, 0x02, 0x80, 0x18, 0, 0x02, 0x80, // NFTA_SET_ELEM_DATA { NFTA_DATA_VERDICT {
            0x08, 0, 0x01, 0, 0xff, 0xff, 0xff, 0xfc, // NFTA_VERDICT_CODE: goto
            0x09, 0, 0x02, 0, (byte)'c', (byte)'h', (byte)'a', (byte)'i', 0, 0, 0, 0, // NFTA_VERDICT_CHAIN
            0x0e, 0, 0x06, 0, 0, 8, (byte)'c', (byte)'o', (byte)'m', (byte)'m', (byte)'e', (byte)'n', (byte)'t', 0, 0, 0, // NFTA_SET_ELEM_USERDATA
        ];
        var element = new NftElementView([10, 0, 0, 1]) { Verdict = NftVerdictKind.Goto, Chain = "chai"u8, Comment = "comment"u8 };
        var bytes = new byte[NftElementCodec.Size(element, keyOnly: false)];
        bytes.AsSpan().Fill(0xee);
        NftElementCodec.Write(bytes, element, keyOnly: false);
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(bytes));
    }

    [Fact]
    public void No_message_holds_more_than_an_attribute_can()
    {
        var batch = new NftBatch();
        var writer = batch.Elements(Table, "s");
        for (var i = 0; i < 10_000; i++)
            writer.Write(new NftElementView(BitConverter.GetBytes(i)) { Comment = Encoding.UTF8.GetBytes($"element {i}") });
        Assert.Equal(10_000, writer.Count);
        Assert.All(writer.Commands, command => Assert.InRange(command.Length, 1, NftElementWriter.MaxListSize));
        Assert.Equal(writer.Commands.Count, batch.Count);
        Assert.True(batch.SizeHint >= writer.Commands.Sum(c => c.Length));
    }

    [Fact]
    public void A_writer_that_wrote_nothing_changes_nothing()
    {
        var batch = new NftBatch();
        batch.Elements(Table, "s");
        Assert.True(batch.IsEmpty);
        Assert.Equal((0, ""), (batch.Count, batch.ToString()));
    }

    [Fact]
    public void Broken_elements_are_an_error_and_nothing_worse() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        try
        {
            NftElementCodec.Read(new NlAttributes(bytes));
        }
        catch (NetlinkException)
        {
        }
    });

    private static List<NftElement> Written(NftElement element) => Sent(new NftBatch().AddElements(Table, "s", [element]));

    private static List<NftElement> Deleted(NftElement element) => Sent(new NftBatch().DeleteElements(Table, "s", [element]));

    private static int Length(NftElement element)
    {
        var writer = new NftBatch().Elements(Table, "s");
        writer.Write(element);
        return writer.Commands[0].Length;
    }

    private static List<NftElement> Sent(NftBatch batch)
    {
        var writer = new NlWriter(1024);
        writer.BeginMessage(0, 0);
        batch.Commands.Single().WriteAttributes(ref writer, 1);
        writer.EndMessage();
        var elements = new List<NftElement>();
        foreach (var message in new NlReader(writer.Written))
        {
            foreach (var attribute in message.Attributes(0))
            {
                if (attribute.Type != NFTA_SET_ELEM_LIST_ELEMENTS)
                    continue;
                foreach (var element in attribute.Nested())
                    elements.Add(NftElementCodec.Read(element.Nested()).ToElement());
            }
        }

        writer.Dispose();
        return elements;
    }
}
