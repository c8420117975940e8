package cloison.cpu.interpret;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup.ClassOption;
import java.lang.invoke.MethodType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Makes [Compound]s.
///
/// In the loop over a block's steps each call is one that the JVM cannot foresee. So a hot block gets a class of its
/// own, a subclass of [Compound] written here, whose fields have exactly the classes of the block's steps: the JVM then
/// knows each call, puts all of them into one piece of machine code, and shares what they have in common.
///
/// ```text
///  final MoveSteps$6 part0;              void run(Cpu cpu) {
///  final AluSteps$1 part1;                   int n = 0;
///  ...                                       try {
///                                                n = 0; part0.run(cpu); n = 1; part1.run(cpu); ...
///                                            } catch (Throwable t) {
///                                                reached = n;
///                                                throw t;
///                                            }
///                                        }
/// ```
///
/// Blocks of the same classes of steps share the class. Classes stay until the JVM ends, so their number is bounded.
///
/// **Owner:** any thread.
final class Compounds {
    /// Classes made at most.
    private static final int MOST = 2000;

    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final ClassDesc SELF = ClassDesc.of(Compounds.class.getPackageName(), "Joined");
    private static final ClassDesc SUPER = description(Compound.class);
    private static final ClassDesc STEP = description(Step.class);
    private static final MethodTypeDesc MAKE = MethodTypeDesc.of(ConstantDescs.CD_void, STEP.arrayType());
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(ConstantDescs.CD_void, description(Cpu.class));

    /// A constructor for each sequence of classes.
    private static final Map<List<Class<?>>, MethodHandle> MADE = new HashMap<>();

    private Compounds() {}

    /// {@return one step that executes `steps`, or null if it would need one class too many}
    static @Nullable Compound of(Step[] steps) {
        List<Class<?>> shape = Stream.of(steps).<Class<?>>map(Object::getClass).toList();
        MethodHandle make = constructor(shape);
        if (make == null) {
            return null;
        }
        try {
            return (Compound) make.invoke(steps);
        } catch (Throwable e) {
            throw new IllegalStateException("a compound cannot be made", e);
        }
    }

    private static synchronized @Nullable MethodHandle constructor(List<Class<?>> shape) {
        MethodHandle known = MADE.get(shape);
        if (known != null || MADE.size() == MOST) {
            return known;
        }
        try {
            MethodHandles.Lookup made = LOOKUP.defineHiddenClass(bytes(shape), true, ClassOption.STRONG);
            MethodHandle make =
                    made.findConstructor(made.lookupClass(), MethodType.methodType(void.class, Step[].class));
            MADE.put(shape, make);
            return make;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no class for " + shape, e);
        }
    }

    private static ClassDesc description(Class<?> type) {
        return type.describeConstable().orElseThrow();
    }

    private static byte[] bytes(List<Class<?>> shape) {
        List<ClassDesc> types = shape.stream().map(Compounds::description).toList();
        return ClassFile.of().build(SELF, type -> {
            type.withSuperclass(SUPER).withFlags(ClassFile.ACC_FINAL);
            for (int i = 0; i < types.size(); i++) {
                type.withField("part" + i, types.get(i), ClassFile.ACC_FINAL);
            }
            type.withMethodBody(ConstantDescs.INIT_NAME, MAKE, 0, code -> constructor(code, types));
            type.withMethodBody("run", RUN, ClassFile.ACC_PUBLIC, code -> run(code, types));
        });
    }

    private static void constructor(CodeBuilder code, List<ClassDesc> types) {
        code.aload(0).aload(1).invokespecial(SUPER, ConstantDescs.INIT_NAME, MAKE);
        for (int i = 0; i < types.size(); i++) {
            ClassDesc type = types.get(i);
            code.aload(0).aload(1).loadConstant(i).aaload().checkcast(type).putfield(SELF, "part" + i, type);
        }
        code.return_();
    }

    private static void run(CodeBuilder code, List<ClassDesc> types) {
        code.loadConstant(0).istore(2);
        code.trying(
                body -> {
                    for (int i = 0; i < types.size(); i++) {
                        ClassDesc type = types.get(i);
                        body.loadConstant(i).istore(2);
                        body.aload(0).getfield(SELF, "part" + i, type);
                        body.aload(1).invokevirtual(type, "run", RUN);
                    }
                    body.return_();
                },
                handlers -> handlers.catchingAll(handler -> handler.aload(0)
                        .iload(2)
                        .putfield(SUPER, "reached", ConstantDescs.CD_int)
                        .athrow()));
    }
}
