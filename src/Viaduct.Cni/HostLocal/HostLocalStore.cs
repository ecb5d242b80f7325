using System.Net;
using Viaduct.Cni.Types;
using Viaduct.Linux.Files;

namespace Viaduct.Cni.HostLocal;

/// <summary>
/// Reservations on disk, in the layout of the reference host-local plugin: in <c>dataDir/NETWORK</c> a file for each address that holds the attachment, files
/// last_reserved_ip.N and a lock file. Beside them, an index that the reference plugin does not see: <c>.attachments/CONTAINER:IFNAME</c> holds the attachment's
/// addresses, so that nothing has to be searched. Every file appears with its content (written elsewhere, then linked or renamed): a crash leaves no empty one.
/// </summary>
internal sealed class HostLocalStore : IDisposable
{
    private const string IndexName = ".attachments";

    private readonly string _directory;
    private readonly string _index;
    private readonly string _temporary;
    private readonly FileLock _lock;

    private HostLocalStore(string directory, FileLock held)
    {
        _directory = directory;
        _index = Path.Combine(directory, IndexName);
        _temporary = Path.Combine(directory, ".new");
        _lock = held;
    }

    /// <summary>Opens and locks the store, making it if needed.</summary>
    public static HostLocalStore Open(string directory, TimeSpan timeout)
    {
        Directory.CreateDirectory(directory);
        var held = FileLock.TryAcquire(Path.Combine(directory, "lock"), timeout)
            ?? throw new CniException(CniErrorCode.TryAgainLater, $"the address store {directory} is locked by another process for {timeout.TotalSeconds:0} s", "try again later");
        var store = new HostLocalStore(directory, held);
        try
        {
            store.BuildIndexOnce();
            return store;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Opens the store if it is there.</summary>
    public static HostLocalStore? OpenExisting(string directory, TimeSpan timeout) => Directory.Exists(directory) ? Open(directory, timeout) : null;

    public void Dispose() => _lock.Dispose();

    /// <summary>The addresses reserved for the attachment.</summary>
    public IReadOnlyList<IPAddress> Find(Attachment attachment)
    {
        var indexed = ReadIfThere(IndexFile(attachment));
        var addresses = indexed is null
            ? Reservations().Where(r => r.Owner == attachment).Select(r => r.Address)
            : indexed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse).Where(address => OwnerOf(address) == attachment);
        return [.. addresses];
    }

    /// <summary>As <see cref="Find"/>, trusting the index: an attachment without an entry has no addresses.</summary>
    public IReadOnlyList<IPAddress> FindIndexed(Attachment attachment) => File.Exists(IndexFile(attachment)) ? Find(attachment) : [];

    /// <summary>Reserves an address; false if somebody has it.</summary>
    public bool TryReserve(IPAddress address, Attachment attachment)
    {
        var file = AddressFile(address);
        if (File.Exists(file) && new FileInfo(file).Length > 0)
            return false;
        Write(IndexFile(attachment), (ReadIfThere(IndexFile(attachment)) ?? "") + address + "\n");
        // An empty file is what a crash of the reference plugin leaves: it belongs to nobody and is replaced.
        Write(file, attachment.FileContent);
        return true;
    }

    /// <summary>Frees the attachment's addresses; nobody else's.</summary>
    public void Release(Attachment attachment)
    {
        foreach (var address in Find(attachment))
            File.Delete(AddressFile(address));
        File.Delete(IndexFile(attachment));
    }

    /// <summary>The address handed out last from a set of ranges.</summary>
    public IPAddress? LastReserved(int rangeSet) => IPAddress.TryParse(ReadIfThere(LastReservedFile(rangeSet))?.Trim(), out var address) ? address : null;

    public void SetLastReserved(int rangeSet, IPAddress address) => Write(LastReservedFile(rangeSet), address.ToString());

    /// <summary>All reservations; searches the whole directory.</summary>
    public IEnumerable<(IPAddress Address, Attachment Owner)> Reservations()
    {
        foreach (var file in Directory.EnumerateFiles(_directory))
        {
            if (IPAddress.TryParse(Path.GetFileName(file), out var address) && OwnerOf(address) is { } owner)
                yield return (address, owner);
        }
    }

    private Attachment? OwnerOf(IPAddress address) => ReadIfThere(AddressFile(address)) is { } content ? Attachment.ParseFileContent(content) : null;

    private void BuildIndexOnce()
    {
        if (Directory.Exists(_index))
            return;
        var building = _index + ".new";
        if (Directory.Exists(building))
            Directory.Delete(building, recursive: true);
        Directory.CreateDirectory(building);
        foreach (var group in Reservations().GroupBy(r => r.Owner))
            File.WriteAllText(Path.Combine(building, IndexFileName(group.Key)), string.Concat(group.Select(r => $"{r.Address}\n")));
        Directory.Move(building, _index);
    }

    // The lock makes one name for temporary files enough; a leftover of a crash is overwritten.
    private void Write(string path, string content)
    {
        File.WriteAllText(_temporary, content);
        File.Move(_temporary, path, overwrite: true);
    }

    private static string? ReadIfThere(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private string AddressFile(IPAddress address) => Path.Combine(_directory, address.ToString());

    private string LastReservedFile(int rangeSet) => Path.Combine(_directory, $"last_reserved_ip.{rangeSet}");

    private string IndexFile(Attachment attachment) => Path.Combine(_index, IndexFileName(attachment));

    // A file name has at most 255 bytes; ids have no upper limit.
    private static string IndexFileName(Attachment attachment) => attachment.ContainerId.Length <= 200
        ? $"{attachment.ContainerId}:{attachment.InterfaceName}"
        : $"{attachment.ContainerId[..180]}.{Fnv.Hash(attachment.ContainerId):x16}:{attachment.InterfaceName}";
}
