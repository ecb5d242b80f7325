using System.Text.Json;

namespace Viaduct.Node.Sandboxes;

/// <summary>The records of sandboxes, a file each: written before the network is made, deleted after it is gone.</summary>
internal sealed class SandboxStore(string directory)
{
    public IReadOnlyList<SandboxRecord> ReadAll() =>
        Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory, "*.json").Select(Read).OfType<SandboxRecord>()] : [];

    public void Write(SandboxRecord record)
    {
        Directory.CreateDirectory(directory);
        var path = PathOf(record.Id);
        // A crash must leave the old record or the new one, never half of it.
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(record, SandboxJson.Default.SandboxRecord));
        File.Move(path + ".new", path, overwrite: true);
    }

    public void Delete(string id) => File.Delete(PathOf(id));

    private string PathOf(string id) => Path.Combine(directory, id + ".json");

    private static SandboxRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), SandboxJson.Default.SandboxRecord);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The sandbox record {path} is not valid JSON: {e.Message}. Delete the file; its address stays reserved in the IPAM directory.", e);
        }
    }
}
