[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("Viaduct.Tests")]
[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("Viaduct.Tests.Kernel")]
