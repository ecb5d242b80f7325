using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>
/// One thread that waits for the ends of all children by their pidfds and reaps exactly those. There is one per process, as a process has one set of
/// children: <see cref="ChildReaper"/> must know which of them belong to somebody.
/// </summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "There is one, which lives as long as the process.")]
internal sealed class ExitWatcher
{
    public static readonly ExitWatcher Shared = new();

    // Held while a child is started, too, so that nobody reaps it before it is known.
    private readonly Lock _lock = new();
    private readonly Dictionary<int, ChildProcess> _children = [];
    private readonly AutoResetEvent _childStarted = new(false);
    private DescriptorHandle? _epoll;
    private Thread? _reaper;

    public ChildProcess Start(string path, Func<int> spawn)
    {
        lock (_lock)
        {
            var epoll = _epoll ??= Begin();
            var id = spawn();
            var pidfd = Libc.pidfd_open(id);
            var child = new ChildProcess(id, pidfd, path);
            if (pidfd.IsInvalid || Libc.epoll_add_input(epoll, pidfd, id) != 0)
                throw Abandon(id, LinuxException.Last($"watching process {id} ({path})"));
            _children.Add(id, child);
            _childStarted.Set();
            return child;
        }
    }

    /// <summary>Makes the thread that waits; without this the first child does.</summary>
    public void StartThread()
    {
        lock (_lock)
            _epoll ??= Begin();
    }

    /// <summary>Reaps all ended children that no <see cref="ChildProcess"/> stands for, and completes those that have one.</summary>
    public int ReapOrphans()
    {
        lock (_lock)
        {
            var orphans = 0;
            while (Libc.waitid(Libc.P_ALL, 0, out var info, Libc.WEXITED | Libc.WNOHANG | Libc.WNOWAIT) == 0 && info.si_pid != 0)
            {
                orphans += _children.ContainsKey(info.si_pid) ? 0 : 1;
                Reap(info.si_pid);
            }
            return orphans;
        }
    }

    /// <summary>From now on reaps orphans as they end, in a thread that lives as long as the process.</summary>
    public void ReapOrphansForever()
    {
        lock (_lock)
        {
            if (_reaper is not null)
                return;
            _reaper = new Thread(ReapEachThatEnds) { IsBackground = true, Name = "orphans" };
            _reaper.Start();
        }
    }

    private void ReapEachThatEnds()
    {
        while (true)
        {
            // WNOWAIT: only look. Whose it is can be told under the lock alone.
            if (Libc.waitid(Libc.P_ALL, 0, out var info, Libc.WEXITED | Libc.WNOWAIT) == 0)
            {
                lock (_lock)
                    Reap(info.si_pid);
                continue;
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.ECHILD)
                _childStarted.WaitOne(); // Who has no child has no descendant that could become one.
            else if (errno != Errno.EINTR)
                throw new LinuxException("waiting for orphans", errno);
        }
    }

    private DescriptorHandle Begin()
    {
        var epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        if (epoll.IsInvalid)
            throw LinuxException.Last("creating an epoll instance");
        new Thread(() => Watch(epoll)) { IsBackground = true, Name = "child exits" }.Start();
        return epoll;
    }

    private void Watch(DescriptorHandle epoll)
    {
        while (true)
        {
            if (Libc.epoll_wait_one(epoll, out var id) == 1)
            {
                lock (_lock)
                    Reap((int)id);
            }
            else if (Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                throw LinuxException.Last("waiting for child processes");
            }
        }
    }

    private void Reap(int id)
    {
        if (Libc.waitid(Libc.P_PID, id, out var info, Libc.WEXITED | Libc.WNOHANG) != 0 || info.si_pid == 0 || !_children.Remove(id, out var child))
            return;
        // Closing the descriptor takes it out of the epoll instance: nobody else has a copy of it.
        child.Complete(info.si_code == Libc.CLD_EXITED ? new ExitStatus(info.si_status, null) : new ExitStatus(null, info.si_status));
    }

    private static LinuxException Abandon(int id, LinuxException reason)
    {
        _ = Libc.kill(id, Libc.SIGKILL);
        _ = Libc.waitid(Libc.P_PID, id, out _, Libc.WEXITED);
        return reason;
    }
}
