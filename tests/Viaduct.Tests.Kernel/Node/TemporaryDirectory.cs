namespace Viaduct.Tests.Kernel.Node;

internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("viaduct-node-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
