using System.Net;
using Viaduct.Lab.Drawing;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Guests;

/// <summary>A small virtual machine: a protocol stack of its own behind a tap device of a host.</summary>
public sealed class Guest : IAsyncDisposable
{
    private const int LongestFrame = 65536;

    private readonly string host;
    private readonly string tapName;
    private readonly TapDevice tap;
    private readonly GuestStack stack;
    private readonly Lock gate = new();
    private readonly Dictionary<ushort, TaskCompletionSource> pings = [];
    private readonly Thread thread;
    private ushort sequence;

    internal Guest(string name, string host, string tapName, TapDevice tap, GuestStack stack)
    {
        (Name, this.host, this.tapName, this.tap, this.stack) = (name, host, tapName, tap, stack);
        stack.Answered += (_, number) => pings.GetValueOrDefault(number)?.TrySetResult();
        thread = new Thread(Run) { IsBackground = true, Name = name };
        thread.Start();
    }

    public string Name { get; }

    /// <summary>Its card's hardware address.</summary>
    public MacAddress Mac => stack.Mac;

    /// <summary>Sends an echo request; whether it was answered in time.</summary>
    public async Task<bool> PingAsync(string target, TimeSpan patience)
    {
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            pings[++sequence] = answered;
            Send(stack.Ping(IPAddress.Parse(target), sequence));
        }

        return await Task.WhenAny(answered.Task, Task.Delay(patience)) == answered.Task;
    }

    public ValueTask DisposeAsync()
    {
        tap.End();
        thread.Join();
        tap.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>For drawings: a namespace of its own, which the kernel does not know of.</summary>
    internal NamespaceView AsSeen() => new()
    {
        Name = Name,
        Devices =
        [
            new DeviceView
            {
                Name = "eth0",
                Mac = Mac.ToString(),
                IsUp = true,
                HasCarrier = true,
                Addresses = [new AddressView(stack.Address, stack.PrefixLength)],
                Peer = new DeviceName(host, tapName),
            },
        ],
    };

    /// <summary>The host as drawings show it, with the wire from its tap device to here.</summary>
    internal NamespaceView Connect(NamespaceView view) => view.Name != host ? view : view with
    {
        Devices = [.. view.Devices.Select(d => d.Name == tapName ? d with { Peer = new DeviceName(Name, "eth0") } : d)],
    };

    private void Run()
    {
        var buffer = new byte[LongestFrame];
        while (tap.Receive(buffer) is > 0 and var length)
        {
            lock (gate)
                Send(stack.Receive(buffer.AsSpan(0, length)));
        }
    }

    private void Send(IReadOnlyList<byte[]> frames)
    {
        foreach (var frame in frames)
            tap.Send(frame);
    }
}
