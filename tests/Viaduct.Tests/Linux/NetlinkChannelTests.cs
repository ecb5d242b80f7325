using Viaduct.Linux.Netlink;

namespace Viaduct.Tests.Linux;

/// <summary>Messages here are built with our own writer; what they mean is the kernel's: nlmsg types 2 error, 3 done, flags 2 multi, 0x10 dump interrupted.</summary>
public class NetlinkChannelTests
{
    private const int Enobufs = 105, Eintr = 4;

    [Fact]
    public void A_dump_is_read_over_several_datagrams()
    {
        var transport = new ScriptedTransport(Items(2, 10, 11), Items(2, 12), Done(0)) { AnswersPerRequest = 3 };
        Assert.Equal([10, 11, 12], Dump(transport));
    }

    [Fact]
    public void An_interrupted_dump_is_repeated()
    {
        var transport = new ScriptedTransport(Items(0x12, 10), Done(0), Items(2, 10, 11), Done(0)) { AnswersPerRequest = 2 };
        Assert.Equal([10, 11], Dump(transport));
        Assert.Equal(2, transport.Sent.Count);
    }

    [Fact]
    public void A_dump_that_ends_with_EINTR_is_repeated()
    {
        var transport = new ScriptedTransport(Items(2, 10), Done(-Eintr), Items(2, 10, 11), Done(0)) { AnswersPerRequest = 2 };
        Assert.Equal([10, 11], Dump(transport));
    }

    [Fact]
    public void A_dump_that_lost_datagrams_is_repeated()
    {
        var transport = new ScriptedTransport(Items(2, 10), Done(0), Items(2, 10, 11), Done(0)) { AnswersPerRequest = 2 };
        transport.Failures.Add(1, new NetlinkException("receiving", Enobufs));
        Assert.Equal([10, 11], Dump(transport));
    }

    [Fact]
    public void A_dump_refused_at_its_end_is_an_error()
    {
        var transport = new ScriptedTransport(Items(2, 10), Done(-1)) { AnswersPerRequest = 2 };
        Assert.True(Assert.Throws<NetlinkException>(() => Dump(transport)).IsPermissionDenied);
    }

    [Fact]
    public void Answers_to_other_requests_are_passed_over()
    {
        var transport = new ScriptedTransport(Acknowledgement(50, -17), Acknowledgement(0, 0)) { AnswersPerRequest = 2 };
        using var channel = new NetlinkChannel(transport);
        var request = Requests(1);
        channel.Execute(ref request, "testing");
        Assert.Equal(0, request.Length);
    }

    [Fact]
    public void A_failed_batch_names_its_item()
    {
        var transport = new ScriptedTransport(Acknowledgement(1, -17), Acknowledgement(2, -2)) { AnswersPerRequest = 2 };
        using var channel = new NetlinkChannel(transport);
        var error = Assert.Throws<NetlinkException>(() =>
        {
            var batch = Requests(3);
            channel.ExecuteBatch(ref batch, "committing", index => $"item {index}");
        });
        Assert.Equal(("item 1", true), (error.Item, error.IsAlreadyExists));
        Assert.Equal("committing, item 1, failed: File exists (EEXIST).", error.Message);
    }

    [Fact]
    public void A_batch_without_its_acknowledgements_is_an_error()
    {
        using var channel = new NetlinkChannel(new ScriptedTransport(Acknowledgement(0, 0)));
        var error = Assert.Throws<NetlinkException>(() =>
        {
            var batch = Requests(2);
            channel.ExecuteBatch(ref batch, "committing", _ => null);
        });
        Assert.Contains("acknowledged 1 of 2", error.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<int> Dump(ScriptedTransport transport)
    {
        using var channel = new NetlinkChannel(transport);
        var request = Requests(1);
        return [.. channel.Dump(ref request, "listing", message => (object)(int)message.Header(4)[0]).Cast<int>()];
    }

    private static NlWriter Requests(int count)
    {
        var w = new NlWriter();
        for (var i = 0; i < count; i++)
        {
            w.BeginMessage(18, 5);
            w.EndMessage();
        }
        return w;
    }

    private static byte[] Items(ushort flags, params ReadOnlySpan<int> items)
    {
        using var w = new NlWriter();
        return Build(w, flags, items);
    }

    private static byte[] Build(NlWriter w, ushort flags, ReadOnlySpan<int> items)
    {
        foreach (var item in items)
        {
            w.BeginMessage(16, flags);
            w.AddHeader<int>(item);
            w.EndMessage();
        }
        var bytes = w.Written.ToArray();
        for (var at = 0; at < bytes.Length; at += 20)
            bytes[at + 8] = 0;
        return bytes;
    }

    private static byte[] Done(int error)
    {
        var w = new NlWriter();
        w.BeginMessage(3, 2);
        w.AddHeader<int>(error);
        w.EndMessage();
        return w.Written.ToArray();
    }

    private static byte[] Acknowledgement(byte index, int error)
    {
        var w = new NlWriter();
        w.BeginMessage(2, 0x100);
        w.AddHeader<int>(error);
        w.AddHeader(16);
        w.EndMessage();
        var bytes = w.Written.ToArray();
        bytes[8] = index;
        return bytes;
    }
}
