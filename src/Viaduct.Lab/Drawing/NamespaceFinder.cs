using System.Globalization;
using System.Text.RegularExpressions;
using Viaduct.Linux;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Lab.Drawing;

/// <summary>
/// Finds the network namespaces of this machine: those that processes are in, and those that are mounted on a file in any mount namespace
/// (<c>ip netns</c>, container runtimes). What may not be looked at is passed over.
/// </summary>
public static partial class NamespaceFinder
{
    private const string NamedNamespaces = "/run/netns";

    /// <summary>The caller's own, called "host".</summary>
    public static NamespaceToDraw Own() => new("host", NetNamespace.OpenCurrent());

    /// <summary>The namespace with that name below /run/netns, or of the process with that number, or behind that path.</summary>
    /// <exception cref="DrawingException">There is none, or the caller may not enter it.</exception>
    public static NamespaceToDraw One(string nameOrPid) => NamespaceLookup.Find(nameOrPid, NamedNamespaces);

    /// <summary>All, each once, the caller's own first.</summary>
    public static IReadOnlyList<NamespaceToDraw> All()
    {
        var found = new Collection();
        found.Add(Own());
        var processes = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(NamespaceLookup.IsNumber).Select(p => p!).OrderBy(p => int.Parse(p, CultureInfo.InvariantCulture)).ToList();
        foreach (var path in processes.DistinctBy(p => ReadLink($"/proc/{p}/ns/mnt")).SelectMany(MountedNamespaces))
            found.TryAdd(Path.GetFileName(path), path);
        foreach (var process in processes)
            found.TryAdd($"{Command(process)} {process}", $"/proc/{process}/ns/net");
        return found.Namespaces;
    }

    // mountinfo(5): "36 35 0:3 net:[4026532291] /run/netns/one rw - nsfs nsfs rw"; the root field names what is mounted, the next one where.
    private static IEnumerable<string> MountedNamespaces(string process)
    {
        try
        {
            // Not ReadLines, for which a carriage return in a name ends the line, too.
            var lines = File.ReadAllText($"/proc/{process}/mountinfo").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return [.. lines.Select(l => l.Split(' ')).Where(f => f[3].StartsWith("net:[", StringComparison.Ordinal)).Select(f => $"/proc/{process}/root{Unescape(f[4])}")];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // proc_pid_mountinfo(5): blank, tab, newline and backslash are written in octal, "\040" and so on.
    private static string Unescape(string field) => EscapedCharacter().Replace(field, m => $"{(char)Convert.ToInt32(m.Groups[1].Value, 8)}");

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex EscapedCharacter();

    private static string ReadLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget ?? path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return path;
        }
    }

    private static string Command(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/comm").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "process";
        }
    }

    private sealed class Collection
    {
        private readonly HashSet<ulong> seen = [];
        private readonly HashSet<string> names = [];

        public List<NamespaceToDraw> Namespaces { get; } = [];

        public void Add(NamespaceToDraw ns)
        {
            seen.Add(ns.Namespace.Inode);
            names.Add(ns.Name);
            Namespaces.Add(ns);
        }

        /// <summary>Adds the namespace unless it is there already, may not be looked at, or is gone.</summary>
        public void TryAdd(string name, string path)
        {
            if (TryOpen(path) is not { } ns)
                return;
            if (seen.Contains(ns.Inode) || !CanBeEntered(ns))
                ns.Dispose();
            else
                Add(new(names.Contains(name) ? $"{name} ({ns.Inode})" : name, ns));
        }

        private static NetNamespace? TryOpen(string path)
        {
            try
            {
                return NetNamespace.Open(path);
            }
            catch (LinuxException)
            {
                return null;
            }
        }

        // An ordinary user may open the namespaces of his own user namespaces, and yet not enter them from outside.
        private static bool CanBeEntered(NetNamespace ns)
        {
            try
            {
                ns.Run(() => { });
                return true;
            }
            catch (LinuxException)
            {
                return false;
            }
        }
    }
}
