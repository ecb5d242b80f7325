using System.Runtime.CompilerServices;
using Viaduct.Lab.Experiments.UserAndKernel;
using Viaduct.Node.Containers;
using Viaduct.Tests.Kernel.Node.Routing;

namespace Viaduct.Tests.Kernel.Node;

/// <summary>Lets this test program be <c>container-init</c> and <c>lab-proxy</c>, as the product's executable is, and processes that tests need.</summary>
internal static class Self
{
    public static IReadOnlyList<string> Command => [Environment.ProcessPath!];

#pragma warning disable CA2255 // Before xunit's entry point is exactly where this belongs.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void BecomeAnother()
    {
        var arguments = Environment.GetCommandLineArgs();
        if (arguments.Length > 1 && arguments[1] == "container-init")
            Environment.Exit(ContainerInit.Run(arguments[2..]));
        if (arguments.Length > 1 && arguments[1] == LabProxy.Verb)
            Environment.Exit(LabProxy.Run(arguments[2..]));
        if (arguments.Length > 1 && arguments[1] == ReadOnlySysctls.Verb)
            Environment.Exit(ReadOnlySysctls.Run());
    }
}
