using CsCheck;
using Viaduct.Linux.Netlink;

namespace Viaduct.Tests.Linux;

public class NlCodecTests
{
    [Fact]
    public void A_message_is_a_header_and_padded_attributes()
    {
        using var writer = Example();
        // Laid out by hand from linux/netlink.h: header (len 52, type 16, flags 5, seq 0, pid 0), 4 bytes of family header, string "lo\0" padded,
        // nested type 2 with NLA_F_NESTED, inside it a big-endian u16 of type 3; then a flag.
        var expected = "340000001000050000000000000000000102000007000300" + "6c6f0000" + "0c000280" + "06000300" + "1f900000" + "04000400" + "08000500ffffffff";
        Assert.Equal(expected, Convert.ToHexStringLower(writer.Written));
    }

    [Fact]
    public void Several_messages_share_a_buffer_and_count_up()
    {
        var w = new NlWriter();
        for (var i = 0; i < 3; i++)
        {
            w.BeginMessage((ushort)(20 + i), 1);
            w.AddHeader(4);
            w.EndMessage();
        }
        var seen = new List<(ushort, uint)>();
        foreach (var message in new NlReader(w.Written))
            seen.Add((message.Type, message.Sequence));
        w.Dispose();
        Assert.Equal([(20, 0u), (21, 1u), (22, 2u)], seen);
    }

    [Fact]
    public void What_is_written_is_read_back() =>
        Gen.Select(Gen.UShort[0, 0x3fff], Gen.Byte.Array[0, 300]).Array[0, 40].Sample(attributes =>
        {
            var w = new NlWriter(16);
            w.BeginMessage(100, 5);
            var outer = w.BeginNested(7);
            foreach (var (type, value) in attributes)
                w.AddAttribute(type, value);
            w.EndNested(outer);
            w.EndMessage();
            var read = new List<(ushort, byte[])>();
            foreach (var message in new NlReader(w.Written))
            {
                foreach (var nested in message.Attributes(0))
                {
                    Assert.True(nested.IsNested);
                    foreach (var attribute in nested.Nested())
                        read.Add((attribute.Type, attribute.Value.ToArray()));
                }
            }
            w.Dispose();
            Assert.Equal(attributes.Select(a => (a.Item1, Convert.ToHexString(a.Item2))), read.Select(a => (a.Item1, Convert.ToHexString(a.Item2))));
        }, iter: 300);

    [Fact]
    public void Random_bytes_are_read_or_refused_as_malformed()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(80)];
            random.NextBytes(bytes);
            // A plausible first length gets the reader past the first check often enough.
            if (bytes.Length >= 16)
                (bytes[0], bytes[1], bytes[2], bytes[3]) = ((byte)random.Next(bytes.Length + 4), 0, 0, 0);
            try
            {
                ReadAll(bytes);
            }
            catch (NetlinkException e)
            {
                Assert.Equal(74, e.Errno);
            }
        }
    }

    [Fact]
    public void Truncated_messages_are_refused()
    {
        using var writer = Example();
        var whole = writer.Written.ToArray();
        for (var length = 1; length < whole.Length; length++)
            Assert.Throws<NetlinkException>(() => ReadAll(whole.AsSpan(0, length)));
    }

    [Fact]
    public void An_attribute_too_long_for_its_length_field_is_refused()
    {
        var w = new NlWriter();
        w.BeginMessage(1, 0);
        try
        {
            w.AddAttribute(1, new byte[70_000]);
            Assert.Fail("70000 bytes were accepted.");
        }
        catch (InvalidOperationException e)
        {
            Assert.Contains("70000", e.Message, StringComparison.Ordinal);
        }
    }

    private static NlWriter Example()
    {
        var w = new NlWriter();
        w.BeginMessage(16, 5);
        var header = w.AddHeader(4);
        (header[0], header[1]) = (1, 2);
        w.AddAttribute(3, "lo");
        var nested = w.BeginNested(2);
        w.AddAttributeBigEndian(3, (ushort)8080);
        w.EndNested(nested);
        w.AddFlag(4);
        w.AddAttribute(5, -1);
        w.EndMessage();
        return w;
    }

    private static void ReadAll(ReadOnlySpan<byte> bytes)
    {
        foreach (var message in new NlReader(bytes))
        {
            foreach (var attribute in message.Attributes(4))
            {
                attribute.AsString();
                foreach (var inner in attribute.Nested())
                    inner.AsUInt32();
            }
        }
    }
}
