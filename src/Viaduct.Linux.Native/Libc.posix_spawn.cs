using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace Viaduct.Linux.Native;

/// <summary>What posix_spawn(3) shall do: descriptors 0, 1 and 2 (negative: /dev/null) and the pid namespace for the child: a new one, that of a process's pidfd, or (negative) our own.</summary>
public readonly record struct SpawnRequest(string Path, string? WorkingDirectory, int StandardInput, int StandardOutput, int StandardError, bool NewPidNamespace, int JoinPidNamespace = -1);

public static unsafe partial class Libc
{
    private const short POSIX_SPAWN_SETSIGDEF = 0x04, POSIX_SPAWN_SETSIGMASK = 0x08, POSIX_SPAWN_SETSID = 0x80;

    // glibc: posix_spawn_file_actions_t has 80 bytes, posix_spawnattr_t 336, sigset_t 128; musl's are not larger.
    private const int SizeOfFileActions = 128, SizeOfAttributes = 512, SizeOfSigset = 128;

    /// <summary>
    /// Starts a program in a session of its own with default signal handling; returns 0 or an error number. With NewPidNamespace it becomes process 1 of a new
    /// pid namespace: between unshare(2) and setns(2) back the calling thread could not make threads (copy_process refuses), so nothing managed may run
    /// in between that the runtime would have to prepare. That is why the four calls go through function pointers fetched before, in one method.
    /// </summary>
    public static int SpawnInNewSession(in SpawnRequest request, NativeStringArray arguments, NativeStringArray environment, DescriptorHandle ownPidNamespace, out int pid)
    {
        byte* actions = stackalloc byte[SizeOfFileActions];
        byte* attributes = stackalloc byte[SizeOfAttributes];
        byte* signals = stackalloc byte[SizeOfSigset];
        var path = Utf8StringMarshaller.ConvertToUnmanaged(request.Path);
        var error = posix_spawn_file_actions_init(actions);
        error = error != 0 ? error : posix_spawnattr_init(attributes);
        try
        {
            error = error != 0 ? error : AddActions(actions, request);
            error = error != 0 ? error : SetAttributes(attributes, signals);
            var spawned = 0;
            if (error == 0)
                error = Spawn(request.NewPidNamespace, request.JoinPidNamespace, (int)ownPidNamespace.DangerousGetHandle(), &spawned, path, actions, attributes, arguments.Pointers, environment.Pointers);
            pid = spawned;
            return error;
        }
        finally
        {
            posix_spawn_file_actions_destroy(actions);
            posix_spawnattr_destroy(attributes);
            Utf8StringMarshaller.Free(path);
        }
    }

    private static int AddActions(byte* actions, in SpawnRequest request)
    {
        ReadOnlySpan<int> sources = [request.StandardInput, request.StandardOutput, request.StandardError];
        for (var target = 0; target < sources.Length; target++)
        {
            var error = sources[target] < 0
                ? posix_spawn_file_actions_addopen(actions, target, "/dev/null", O_RDWR, 0)
                : posix_spawn_file_actions_adddup2(actions, sources[target], target);
            if (error != 0)
                return error;
        }
        // Descriptors that this process itself inherited may lack O_CLOEXEC.
        var closing = posix_spawn_file_actions_addclosefrom_np(actions, 3);
        if (closing != 0)
            return closing;
        return request.WorkingDirectory is { } directory ? posix_spawn_file_actions_addchdir_np(actions, directory) : 0;
    }

    // The runtime ignores SIGPIPE and masks signals on some threads; a child must not inherit that.
    private static int SetAttributes(byte* attributes, byte* signals)
    {
        sigemptyset(signals);
        var error = posix_spawnattr_setsigmask(attributes, signals);
        sigfillset(signals);
        error = error != 0 ? error : posix_spawnattr_setsigdefault(attributes, signals);
        return error != 0 ? error : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled whole and once: nothing is left to compile between unshare and setns
    private static int Spawn(bool newPidNamespace, int joinPidNamespace, int ownPidNamespace, int* pid, byte* path, byte* actions, byte* attributes, byte** arguments, byte** environment)
    {
        var libc = NativeLibrary.Load("libc.so.6");
        var unshare = (delegate* unmanaged<int, int>)NativeLibrary.GetExport(libc, "unshare");
        var setns = (delegate* unmanaged<int, int, int>)NativeLibrary.GetExport(libc, "setns");
        var spawn = (delegate* unmanaged<int*, byte*, byte*, byte*, byte**, byte**, int>)NativeLibrary.GetExport(libc, "posix_spawnp");
        if (!newPidNamespace && joinPidNamespace < 0)
            return spawn(pid, path, actions, attributes, arguments, environment);
        if ((newPidNamespace ? unshare(CLONE_NEWPID) : setns(joinPidNamespace, CLONE_NEWPID)) != 0)
            return Marshal.GetLastSystemError();
        var error = spawn(pid, path, actions, attributes, arguments, environment);
        setns(ownPidNamespace, CLONE_NEWPID);
        return error;
    }

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial void posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(byte* actions, int fd, string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int fd, int newFd);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addclosefrom_np(byte* actions, int from);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addchdir_np(byte* actions, string path);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial void posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial void sigemptyset(byte* signals);

    [LibraryImport("libc")]
    private static partial void sigfillset(byte* signals);
}
