using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Viaduct.Linux.Native;
using Viaduct.Linux.Sockets;

namespace Viaduct.Linux.Polling;

/// <summary>
/// One thread that waits for any number of sockets with epoll(7) and runs what is to be done for them, one after the other. The thread inherits the network
/// namespace of the thread that makes the loop (clone(2)), so sockets opened on it are in that namespace; it ends with the loop and never serves anybody else.
/// </summary>
public sealed class EventLoop : IDisposable
{
    private const int EventsAtOnce = 256;
    private const long WakeUp = -1;

    private readonly DescriptorHandle wakeUp;
    private readonly ConcurrentQueue<Action> posted = new();
    private readonly PriorityQueue<Action, long> timers = new();
    private readonly Action<Exception> onFailure;
    private readonly Thread thread;
    private int isAwake;
    private volatile bool isEnding;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="onFailure">Is told of exceptions that posted actions, timers and owners of sockets throw; the loop goes on.</param>
    public EventLoop(string name, Action<Exception> onFailure)
    {
        this.onFailure = onFailure;
        Epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        wakeUp = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (Epoll.IsInvalid || wakeUp.IsInvalid || Libc.epoll_add_input(Epoll, wakeUp, WakeUp) != 0)
            throw Failed("making an event loop");
        thread = new Thread(Run) { IsBackground = true, Name = name };
        thread.Start();
    }

    /// <summary>A buffer for whoever runs on the loop's thread, until it returns.</summary>
    public byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(65536, pinned: true);

    internal DescriptorHandle Epoll { get; }

    internal ReadySlots Slots { get; } = new();

    /// <summary>Runs an action on the loop's thread, soon.</summary>
    public void Post(Action action)
    {
        posted.Enqueue(action);
        if (Interlocked.Exchange(ref isAwake, 1) == 0)
            _ = Libc.eventfd_write(wakeUp, 1);
    }

    /// <summary>Runs a function on the loop's thread and waits for its result. Exceptions come out as they are.</summary>
    public Task<T> InvokeAsync<T>(Func<T> function)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                done.SetResult(function());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Runs an action after a time. On the loop's thread only.</summary>
    public void After(TimeSpan time, Action action) => timers.Enqueue(action, Environment.TickCount64 + (long)Math.Ceiling(time.TotalMilliseconds));

    /// <summary>Begins to watch a socket, for nothing yet. On the loop's thread only.</summary>
    public SocketWatch Watch(InetSocket socket, IReady owner) => new(this, socket, owner);

    /// <summary>Ends the thread, after what was posted before, and has all owners of sockets give up. Not on the loop's thread.</summary>
    public void Dispose()
    {
        Post(() => isEnding = true);
        thread.Join();
        Epoll.Dispose();
        wakeUp.Dispose();
    }

    private void Run()
    {
        var events = new byte[EventsAtOnce * Libc.EpollEventSize];
        while (!isEnding)
        {
            var count = Libc.epoll_wait(Epoll, events, EventsAtOnce, UntilNextTimer());
            if (count < 0 && Marshal.GetLastPInvokeError() != Errno.EINTR)
                throw Failed("waiting for sockets");
            for (var i = 0; i < count; i++)
                Handle(Libc.ReadEpollEvent(events, i));
            RunTimers();
            RunPosted();
            Slots.Recycle();
        }

        foreach (var owner in Slots.Owners())
            Guarded(owner.GiveUp);
    }

    private void Handle((uint Events, long Data) happened)
    {
        if (happened.Data == WakeUp)
        {
            _ = Libc.eventfd_read(wakeUp, out _);
            return;
        }

        if (Slots[happened.Data] is not { } owner)
            return;
        try
        {
            owner.OnReady((Readiness)happened.Events);
        }
        catch (Exception e)
        {
            onFailure(e);
            Guarded(owner.GiveUp);
        }
    }

    private int UntilNextTimer() =>
        !posted.IsEmpty ? 0 : timers.TryPeek(out _, out var due) ? (int)Math.Clamp(due - Environment.TickCount64, 0, int.MaxValue) : -1;

    // What is due by now, not what becomes due meanwhile: sockets have their turn, however long timers take that start anew.
    private void RunTimers()
    {
        var now = Environment.TickCount64;
        while (timers.TryPeek(out _, out var due) && due <= now)
            Guarded(timers.Dequeue());
    }

    // What is posted after the flag is down writes to the eventfd again; what came before is in the queue by now.
    private void RunPosted()
    {
        Volatile.Write(ref isAwake, 0);
        Interlocked.MemoryBarrier();
        while (posted.TryDequeue(out var action))
            Guarded(action);
    }

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            onFailure(e);
        }
    }

    private static LinuxException Failed(string operation) => LinuxException.Last(operation);
}
