package cloison.control.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/// The signals by which an operator or a service manager ends a program: SIGINT and SIGTERM.
final class Signals {
    private static final List<String> NAMES = List.of("INT", "TERM");

    private Signals() {}

    /// Runs `action` at each of the signals, instead of ending the program, until the result is closed.
    static Listening on(Runnable action) {
        try {
            List<Object> before = new ArrayList<>();
            Object handler = handler(action);
            for (String name : NAMES) {
                before.add(handle(name, handler));
            }
            return () -> {
                for (int i = 0; i < NAMES.size(); i++) {
                    restore(NAMES.get(i), before.get(i));
                }
            };
        } catch (ReflectiveOperationException elsewhere) {
            // Another JVM: a signal ends the program, as without us.
            return () -> {};
        }
    }

    /// Signals that are listened to.
    interface Listening extends AutoCloseable {
        @Override
        void close();
    }

    // The JDK has signals only in jdk.unsupported, and the compiler warns of that class's name in a way that cannot be
    // suppressed. So it is not named.

    private static Object handler(Runnable action) throws ClassNotFoundException {
        Class<?> type = Class.forName("sun.misc.SignalHandler");
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
            if (method.getDeclaringClass() == Object.class) {
                return method.getName().equals("equals")
                        ? (Object) (self == arguments[0])
                        : (Object) self.getClass().hashCode();
            }
            action.run();
            return null;
        });
    }

    private static Object handle(String name, Object handler) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        return signal.getMethod("handle", signal, Class.forName("sun.misc.SignalHandler"))
                .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
    }

    private static void restore(String name, Object handler) {
        try {
            handle(name, handler);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("the JVM does not take back its handler of SIG" + name, e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
